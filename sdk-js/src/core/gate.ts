/**
 * May an event be used for its purpose? `decide` is pure (vectors: `gate`, the same in every language); `createGate` keeps
 * the person's choice and the events that wait for one. What a site's policy says beyond a mode is in `rule.ts`, which comes
 * along with the policy: a page that fetches none does not carry it.
 *
 * Waiting events live in memory only, bounded as the queue is (they are bound for it), and leave in one of two ways: released,
 * in order and with their own times, when their purpose is allowed; or purged, counted, when it is denied. The only thing
 * the gate reads from the device before a choice is the choice itself, which must be remembered to be
 * respected.
 *
 * Until a policy has arrived the mode alone counts, and without one the strictest. A grant that is too old by then counts as
 * none: the last policy's days are kept with it, and where there was none it has the strictest of those built in.
 */

import type { ChoiceOptions } from './api.js';
import { type Bounds, isOver, type Weighed } from './batch.js';
import { DAY_MS } from './identity.js';
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
/** How long a grant holds that no policy has spoken about: as in the strictest of `consent/presets/jurisdictions.json`. */
export const GRANT_DAYS = 180;

/** Without a policy: `answer` is undefined where there is none. An unknown mode is the strictest. `gpc` is only asked where it counts: a browser takes its time to answer. */
export function plainly(purpose: string, answer: unknown, mode: string, gpc: () => boolean): Decision {
  if (purpose === NECESSARY) return 'allow';
  if (DENIED_BY_GPC.includes(purpose) && gpc()) return 'deny';
  if (answer !== undefined) return isGrant(answer) ? 'allow' : 'deny';
  return mode === 'opt_out' || (mode === 'exempt' && purpose === ANALYTICS) ? 'allow' : 'hold';
}

/** The same for a set of answers. */
export const decide = (purpose: string, preferences: Preferences | null, mode: string, gpc: boolean): Decision =>
  plainly(purpose, bare(preferences)[purpose], mode, () => gpc);

/** `=== true`, so that a truthy surprise never widens anything; a damaged answer is a no. */
export const isGrant = (answer: unknown) => [answer].flat()[0] === true;

/** Own names only: a page may have put others on Object.prototype. */
export const bare = <T>(of: Record<string, T> | null): Record<string, T> =>
  ({ __proto__: null, ...of }) as unknown as Record<string, T>;

/**
 * `[granted, when (ms), version of the purpose, days that a grant holds by the last policy that was seen: below
 * zero when it is stale for that]`: lists have no names that a build could shorten differently.
 */
export type Answer = [granted: boolean, at: number, version?: string | undefined, days?: number | null | undefined];
export type Answers = Record<string, Answer>;
/**
 * The answer that counts: a grant that is too old, or of the future, is none. A no is never too old. A clock may be set back
 * by a day before that costs the person their choice, and the site what waits for it.
 */
export const current = (answer: Answer | undefined, now: number): Answer | undefined =>
  isGrant(answer) &&
  !(
    now >= (answer as Answer)[1] - DAY_MS &&
    now < (answer as Answer)[1] + ((answer as Answer)[3] || GRANT_DAYS) * DAY_MS
  )
    ? undefined
    : answer;

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

/** What a policy adds; `rule.ts`. `answer`: the one that counts. */
export interface Rules {
  policy: Policy;
  judge(purpose: string, answer: Answer | undefined, withdrawn: boolean | undefined): Decision | 'cookieless';
  /** Writes down what a choice was made about, if one was, and how long each grant holds. */
  mark(memory: Remembered, added?: Answers): void;
}

/** `bytes`: of what was called, in JSON, about. */
export interface Held extends Weighed {
  purpose: string;
}

export interface Gate<T extends Held> {
  decide(purpose: string): Decision;
  /** The person's choice as it was made, also where it is stale by now; null when none was made. `counting`: without what is stale. */
  preferences(counting?: boolean): Preferences | null;
  /** What was answered, by purpose, whether it still counts or not. */
  answers(): Answers;
  /** As `decide`, and tells what may be sent from what may also be kept. `answer`: the one to look at, if not the person's. */
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

export interface GateOptions<T> extends Bounds {
  storage: Storage;
  key: string;
  mode: string;
  /** No storage and no lasting id, whatever was chosen. */
  cookieless?: boolean | undefined;
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
    judge: (purpose, answer, withdrawn) => plainly(purpose, answer, withdrawn ? '' : mode, gpc),
    mark() {},
  };
  let memory = read();

  /** A damaged record is none. */
  function read(): Remembered | null {
    const stored = parse(storage.get(key));
    if (!Array.isArray(stored) || !stored[0]) return null;
    stored[0] = bare(stored[0]);
    return stored as Remembered;
  }
  function keep(added?: Answers): void {
    rules.mark(memory as Remembered, added);
    storage.set(key, JSON.stringify(memory));
  }
  const answers = () => memory?.[0] || bare<Answer>(null);
  function preferences(counting?: boolean): Preferences | null {
    const given: Preferences = {};
    for (const [purpose, answer] of Object.entries(answers())) {
      if (!counting || current(answer, now())) given[purpose] = isGrant(answer);
    }
    return memory && given;
  }
  const asked = () =>
    [...new Set([...(rules.policy.purposes?.map(({ id }) => id) || PURPOSES), ...Object.keys(answers())])].filter(
      (purpose) => purpose !== NECESSARY,
    );
  const judge: Gate<T>['judge'] = (purpose, answer = answers()[purpose]) =>
    rules.judge(purpose, current(answer, now()), memory?.[1]);

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
    else hold(item);
  }

  function hold(item: T): void {
    held.push(item);
    while (isOver(held, options)) {
      held.shift();
      options.drop('overflow');
    }
  }

  function choose(news: Preferences, how: ChoiceOptions = {}, isWithdrawal?: boolean): void {
    const added: Answers = {};
    for (const [purpose, value] of Object.entries(news || {})) {
      // a choice that is neither yes nor no is no choice
      if (typeof value === 'boolean') added[purpose] = [value, now()];
    }
    // a new choice has no receipt yet, and may leave older answers as they are, under the notice they were given under
    memory = [bare({ ...answers(), ...added }), isWithdrawal || memory?.[1], memory?.[2]];
    keep(added);
    const then = options.chosen(isWithdrawal ? null : news, how);
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
      if (memory) rules.mark(memory);
      settle();
    }),
    // what even a yes would not allow
    denies: () => asked().filter((purpose) => gpc() && judge(purpose, [true, now()]) === 'deny'),
    mayStore: () =>
      !options.cookieless &&
      [ANALYTICS, ...Object.keys(answers())].some((purpose) => purpose !== NECESSARY && judge(purpose) === 'allow'),
    held: () => held.length,
    hold,
    policy: () => rules.policy,
    rule(news) {
      rules = news;
      if (memory) keep();
      settle();
    },
    set: (news, how) => choose(news, how),
    withdraw: (how) => choose(Object.fromEntries(asked().map((purpose) => [purpose, false])), how, true),
  };
}
