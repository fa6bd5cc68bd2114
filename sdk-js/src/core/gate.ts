/**
 * May an event be used for its purpose? `decide` is pure (vectors: `gate`, the same in every language); `createGate` keeps
 * the person's choice and the events that wait for one. What a site's policy says beyond a mode is in `rule.ts`, which comes
 * along with the policy: a page that fetches none does not carry it.
 *
 * Waiting events live in memory only, bounded, and leave in one of two ways: released, in order and with
 * their own times, when their purpose is allowed; or purged, counted, when it is denied. The only thing
 * the gate reads from the device before a choice is the choice itself, which must be remembered to be
 * respected.
 *
 * Until a policy has arrived the mode alone counts, and without one the strictest.
 */

import type { ChoiceOptions } from './api.js';
import { parse } from './json.js';
import type { Storage, Undo } from './ports.js';
import {
  ANALYTICS,
  type Decision,
  NECESSARY,
  type Policy,
  type Preferences,
  PURPOSES,
  type Stamp,
} from './protocol.js';

/** Global Privacy Control denies what sells or shares (W3C GPC; CCPA regulations §7025). */
const DENIED_BY_GPC = ['marketing', 'third_party'];
const MAX_HELD = 1_000;

/** Without a policy: `answer` is undefined where there is none. An unknown mode is the strictest. */
export function plainly(purpose: string, answer: unknown, mode: string, gpc: boolean): Decision {
  if (purpose === NECESSARY) return 'allow';
  if (gpc && DENIED_BY_GPC.includes(purpose)) return 'deny';
  if (answer !== undefined) return isGrant(answer) ? 'allow' : 'deny';
  return mode === 'opt_out' || (mode === 'exempt' && purpose === ANALYTICS) ? 'allow' : 'hold';
}

/** The same for a set of answers. */
export const decide = (purpose: string, preferences: Preferences | null, mode: string, gpc: boolean): Decision =>
  plainly(purpose, bare(preferences)[purpose], mode, gpc);

/** `=== true`, so that a truthy surprise never widens anything; a damaged answer is a no. */
export const isGrant = (answer: unknown) => [answer].flat()[0] === true;

/** Own names only: a page may have put others on Object.prototype. */
export const bare = <T>(of: Record<string, T> | null): Record<string, T> =>
  ({ __proto__: null, ...of }) as unknown as Record<string, T>;

/** `[granted, when (ms), version of the purpose]`: lists have no names that a build could shorten differently. */
export type Answer = [granted: boolean, at: number, version?: string | undefined];
export type Answers = Record<string, Answer>;
/** What a receipt adds to the choice on every event. */
export type Receipt = Omit<Stamp, 'categoryPreferences'>;
/** What the device remembers of a choice; `notice`: the hash of the one it was made under. */
export type Remembered = [
  answers: Answers,
  withdrawn?: boolean | undefined,
  notice?: string | undefined,
  receipt?: Receipt | undefined,
  /** When the receipt's token was given. */
  givenAt?: number | undefined,
];

/** What a policy adds; `rule.ts`. `answer`: the one to look at, if not the person's. */
export interface Rules {
  policy: Policy;
  judge(purpose: string, answer: Answer | undefined, withdrawn: boolean | undefined): Decision | 'cookieless';
  /** The answers that still count. */
  standing(answers: Answers, notice: string | undefined): Answers;
  /** Writes down what a choice was made about. */
  mark?(memory: Remembered, added: Answers): void;
}

export interface Held {
  purpose: string;
}

export interface Gate<T extends Held> {
  decide(purpose: string): Decision;
  /** The person's choice as it stands; null when none was made. */
  preferences(): Preferences | null;
  /** What was answered, by purpose, less the grants that a newer notice has made stale. */
  answers(): Answers;
  /** As `decide`, and tells what may be sent from what may also be kept. */
  judge(purpose: string, answer?: Answer): Decision | 'cookieless';
  /** All that is remembered, to be changed by `remote.ts`, which says so by `keep`. */
  memory(): Remembered | null;
  keep(): void;
  /** The built-in or declared purposes and those a choice was made for, without `necessary`. */
  asked(): string[];
  /** Those that Global Privacy Control denies now. */
  denies(): string[];
  /**
   * May the device's storage be used? For analytics, or for what the person granted by name: a purpose that
   * is only allowed because nobody asked keeps no id after analytics was refused.
   */
  mayStore(): boolean;
  hold(item: T): void;
  /** What was allowed a moment ago: released, held or dropped, as it is decided now. */
  pass(item: T): void;
  held(): number;
  policy(): Policy;
  /** From here on these hold. */
  rule(news: Rules): void;
  set(preferences: Preferences, how?: ChoiceOptions): void;
  withdraw(how?: ChoiceOptions): void;
  close: Undo;
}

export interface GateOptions<T> {
  storage: Storage;
  key: string;
  mode: string;
  /** No storage and no lasting id, whatever was chosen. */
  cookieless: boolean | undefined;
  gpc: () => boolean;
  now: () => number;
  release: (item: T) => void;
  drop: (why: 'no_consent' | 'overflow') => void;
  /** A choice was made here, and nothing was done about it yet (null: all was withdrawn); what it returns runs when it was. */
  chosen: (news: Preferences | null, how: ChoiceOptions) => Undo | undefined;
  /** After choice or policy changed, here or in another tab, and before anything held is released. */
  changed: () => void;
}

export function createGate<T extends Held>(options: GateOptions<T>): Gate<T> {
  const { storage, key, gpc, now, mode } = options;
  const held: T[] = [];
  let rules: Rules = {
    policy: { mode },
    judge: (purpose, answer, withdrawn) => plainly(purpose, answer, withdrawn ? '' : mode, gpc()),
    standing: (answers) => answers,
  };
  let memory = read();

  /** A damaged record is none. */
  function read(): Remembered | null {
    const stored = parse(storage.get(key));
    if (!Array.isArray(stored) || !stored[0]) return null;
    stored[0] = bare(stored[0]);
    return stored as Remembered;
  }
  const keep = () => storage.set(key, JSON.stringify(memory));
  const answers = () => (memory ? rules.standing(memory[0], memory[2]) : bare<Answer>(null));
  const preferences = () =>
    memory && Object.fromEntries(Object.entries(answers()).map(([purpose, answer]) => [purpose, isGrant(answer)]));
  const asked = () =>
    [...new Set([...(rules.policy.purposes?.map(({ id }) => id) || PURPOSES), ...Object.keys(answers())])].filter(
      (purpose) => purpose !== NECESSARY,
    );
  const judge: Gate<T>['judge'] = (purpose, answer = answers()[purpose]) => rules.judge(purpose, answer, memory?.[1]);

  function decideNow(purpose: string): Decision {
    const decision = judge(purpose);
    return decision === 'cookieless' ? 'allow' : decision;
  }

  function settle(): void {
    options.changed();
    held.splice(0).forEach(pass);
  }

  function pass(item: T): void {
    const decision = decideNow(item.purpose);
    if (decision === 'allow') options.release(item);
    else if (decision === 'deny') options.drop('no_consent');
    else held.push(item);
  }

  function choose(news: Preferences, withdrawn: boolean | undefined, told: Preferences | null, how = {}): void {
    const added: Answers = {};
    for (const [purpose, value] of Object.entries(news || {})) {
      // a choice that is neither yes nor no is no choice
      if (typeof value === 'boolean') added[purpose] = [value, now()];
    }
    // a new choice has no receipt yet
    memory = [bare({ ...answers(), ...added }), withdrawn];
    rules.mark?.(memory, added);
    keep();
    const then = options.chosen(told, how);
    settle();
    then?.();
  }

  return {
    decide: decideNow,
    judge,
    answers,
    pass,
    asked,
    preferences,
    keep,
    memory: () => memory,
    close: storage.watch(key, () => {
      memory = read();
      settle();
    }),
    // what even a yes would not allow
    denies: () => asked().filter((purpose) => gpc() && judge(purpose, [true, now()]) === 'deny'),
    mayStore: () =>
      !options.cookieless &&
      [ANALYTICS, ...Object.keys(answers())].some((purpose) => purpose !== NECESSARY && judge(purpose) === 'allow'),
    held: () => held.length,
    hold(item) {
      if (held.push(item) > MAX_HELD) {
        held.shift();
        options.drop('overflow');
      }
    },
    policy: () => rules.policy,
    rule(news) {
      rules = news;
      settle();
    },
    set: (news, how) => choose(news, memory?.[1], news, how),
    withdraw: (how) => choose(Object.fromEntries(asked().map((purpose) => [purpose, false])), true, null, how),
  };
}
