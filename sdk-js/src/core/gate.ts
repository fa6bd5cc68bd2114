/**
 * May an event be used for its purpose? `decide` is pure (vectors: `gate`, the same in every language);
 * `createGate` keeps the person's choice, the site's policy and the events that wait for a choice.
 *
 * Waiting events live in memory only, bounded, and leave in one of two ways: released, in order and with
 * their own times, when their purpose is allowed; or purged, counted, when it is denied. The only thing
 * the gate reads from the device before a choice is the choice itself, which must be remembered to be
 * respected.
 *
 * Until a policy has arrived the mode alone counts, and without one the strictest. A choice is stale when it
 * is older than the policy lets it live, or was made about another version of the purpose, or before another
 * notice where the policy says `hard`. Stale means pending, whatever the mode: an old no is never a yes.
 */

import { parse } from './json.js';
import type { Storage, Undo } from './ports.js';
import {
  ANALYTICS,
  type Decision,
  NECESSARY,
  type Policy,
  type Preferences,
  PURPOSES,
  type PurposeRule,
  type Stamp,
} from './protocol.js';

/** Global Privacy Control denies what sells or shares (W3C GPC; CCPA regulations §7025). */
const DENIED_BY_GPC = ['marketing', 'third_party'];
const MAX_HELD = 1_000;
const DAY_MS = 86_400_000;

/** An unknown mode is the strictest. */
export function decide(
  purpose: string,
  preferences: Preferences | null,
  mode: string,
  gpc: boolean,
  rule?: PurposeRule,
): Decision {
  if (purpose === NECESSARY || (rule && rule.required === true)) return 'allow';
  if (gpc && signalDenies(purpose, rule)) return 'deny';
  const choice = preferences && Object.entries(preferences).find(([name]) => name === purpose)?.[1];
  // `=== true`, so that a truthy surprise never widens anything
  if (choice != null) return choice === true ? 'allow' : 'deny';
  return mode === 'opt_out' || (mode === 'exempt' && (rule || purpose === ANALYTICS)) ? 'allow' : 'hold';
}

const differs = (was: unknown, is: unknown) => !!was && !!is && was !== is;
const signalDenies = (purpose: string, rule?: PurposeRule) =>
  rule ? rule.gpc !== 'ignore' : DENIED_BY_GPC.includes(purpose);

/** `[granted, when (ms), version of the purpose]`: lists have no names that a build could shorten differently. */
type Answer = [granted: boolean, at: number, version: string | undefined];
type Receipt = Omit<Stamp, 'categoryPreferences'>;
type Remembered = [
  answers: Record<string, Answer>,
  withdrawn: boolean | undefined,
  notice: string | undefined,
  receipt?: Receipt | undefined,
];

export interface Held {
  purpose: string;
}

export interface Gate<T extends Held> {
  decide(purpose: string): Decision;
  /** The person's choice as it stands; null when none was made. */
  preferences(): Preferences | null;
  /** What a receipt adds to the choice on every event. */
  receipt(news?: Receipt): Receipt | undefined;
  /** The built-in or declared purposes and those a choice was made for, without `necessary`. */
  asked(): string[];
  /** Those that Global Privacy Control denies now. */
  deniedBySignal(): string[];
  /**
   * May the device's storage be used? For analytics, or for what the person granted by name: a purpose that
   * is only allowed because nobody asked keeps no id after analytics was refused.
   */
  mayStore(): boolean;
  hold(item: T): void;
  held(): number;
  policy(news?: Policy): Policy;
  set(preferences: Preferences): void;
  withdraw(): void;
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
  /** After choice or policy changed, here or in another tab, and before anything held is released. */
  changed: () => void;
}

export function createGate<T extends Held>(options: GateOptions<T>): Gate<T> {
  const { storage, key, gpc, now } = options;
  let policy: Policy = { mode: options.mode };
  let remembered = read(storage.get(key));
  const held: T[] = [];

  const answers = () => (remembered ? remembered[0] : {});
  const ruleOf = (purpose: string) => policy.purposes?.find(({ id }) => id === purpose);
  const asked = () =>
    [...new Set([...(policy.purposes?.map(({ id }) => id) || PURPOSES), ...Object.keys(answers())])].filter(
      (purpose) => purpose !== NECESSARY,
    );
  const preferences = () => remembered && mapped(answers(), (answer) => [answer].flat()[0] === true);

  function isStale(purpose: string, rule: PurposeRule): boolean {
    const [, at, version] = [answers()[purpose]].flat() as Answer;
    const { notice, reconsent } = policy;
    // what a choice was not made about in so many words it may still hold for: a site's own banner knows no versions
    return (
      now() - at > rule.ttlDays * DAY_MS ||
      differs(version, rule.version) ||
      (reconsent === 'hard' && differs(remembered?.[2], notice?.hash))
    );
  }

  /** `cookieless`: may be sent, and nothing may be kept for it. */
  function judge(purpose: string): Decision | 'cookieless' {
    const rule = ruleOf(purpose);
    const stale = rule && isStale(purpose, rule);
    // after a withdrawal, and for what the policy does not know, nothing is allowed by default
    const mode = stale || remembered?.[1] ? '' : (rule || (policy.purposes ? { mode: '' } : policy)).mode;
    const decision = decide(purpose, stale ? null : preferences(), mode, gpc(), rule);
    if (decision !== 'hold' || !rule || rule.pending === 'queue') return decision;
    return rule.pending === 'cookieless' ? rule.pending : 'deny';
  }

  function decideNow(purpose: string): Decision {
    const decision = judge(purpose);
    return decision === 'cookieless' ? 'allow' : decision;
  }

  function settle(): void {
    options.changed();
    for (const item of held.splice(0)) {
      const decision = decideNow(item.purpose);
      if (decision === 'allow') options.release(item);
      else if (decision === 'deny') options.drop('no_consent');
      else held.push(item);
    }
  }

  function choose(news: Preferences, withdrawn: boolean | undefined): void {
    const added: Remembered[0] = {};
    for (const [purpose, value] of Object.entries(news || {})) {
      // a choice that is neither yes nor no is no choice
      if (typeof value === 'boolean') added[purpose] = [value, now(), ruleOf(purpose)?.version];
    }
    remembered = [{ ...answers(), ...added }, withdrawn, policy.notice?.hash];
    keep();
    settle();
  }

  const keep = () => storage.set(key, JSON.stringify(remembered));

  const close = storage.watch(key, () => {
    remembered = read(storage.get(key));
    settle();
  });

  return {
    decide: decideNow,
    close,
    asked,
    preferences,
    deniedBySignal: () => asked().filter((purpose) => gpc() && signalDenies(purpose, ruleOf(purpose))),
    receipt(news) {
      if (news && remembered) {
        remembered[3] = news;
        keep();
      }
      return remembered?.[3];
    },
    mayStore: () =>
      !options.cookieless &&
      [ANALYTICS, ...Object.keys(answers())].some((purpose) => purpose !== NECESSARY && judge(purpose) === 'allow'),
    held: () => held.length,
    hold(item) {
      held.push(item);
      if (held.length > MAX_HELD) {
        held.shift();
        options.drop('overflow');
      }
    },
    policy(news) {
      if (news) {
        policy = news;
        settle();
      }
      return policy;
    },
    set: (news) => choose(news, remembered?.[1]),
    withdraw: () => choose(Object.fromEntries(asked().map((purpose) => [purpose, false])), true),
  };
}

const mapped = <V, W>(from: Record<string, V>, to: (value: V) => W): Record<string, W> =>
  Object.fromEntries(Object.entries(from).map(([key, value]) => [key, to(value)]));

function read(text: string | null): Remembered | null {
  const stored = parse(text);
  return Array.isArray(stored) && stored[0] ? (stored as Remembered) : null;
}
