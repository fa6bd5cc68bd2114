/**
 * May an event be used for its purpose? `decide` is pure (vectors: `gate`, the same in every language), and so is `rule.ts`;
 * `createGate` keeps the person's choice, the site's policy and the events that wait for a choice.
 *
 * Waiting events live in memory only, bounded, and leave in one of two ways: released, in order and with
 * their own times, when their purpose is allowed; or purged, counted, when it is denied. The only thing
 * the gate reads from the device before a choice is the choice itself, which must be remembered to be
 * respected.
 *
 * Until a policy has arrived the mode alone counts, and without one the strictest. A grant is stale when it
 * is older than the policy lets it live, or was made about another version of the purpose, or before another
 * notice where the policy says `hard`: then it counts as none. A no is never stale.
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
import type { Weigh } from './rule.js';

/** Global Privacy Control denies what sells or shares (W3C GPC; CCPA regulations §7025). */
const DENIED_BY_GPC = ['marketing', 'third_party'];
const MAX_HELD = 1_000;

/** Without a policy. An unknown mode is the strictest. */
export function decide(purpose: string, preferences: Preferences | null, mode: string, gpc: boolean): Decision {
  if (purpose === NECESSARY) return 'allow';
  if (gpc && DENIED_BY_GPC.includes(purpose)) return 'deny';
  const choice = preferences && Object.entries(preferences).find(([name]) => name === purpose)?.[1];
  // `=== true`, so that a truthy surprise never widens anything
  if (choice != null) return choice === true ? 'allow' : 'deny';
  return mode === 'opt_out' || (mode === 'exempt' && purpose === ANALYTICS) ? 'allow' : 'hold';
}

/** `[granted, when (ms), version of the purpose]`: lists have no names that a build could shorten differently. */
export type Answer = [granted: boolean, at: number, version: string | undefined];
/** `at`: when the token was given; it stays here. */
export type Receipt = Omit<Stamp, 'categoryPreferences'> & { at?: number };
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
  /** What was answered, by purpose, less the grants that a newer notice has made stale. */
  answers(): Record<string, Answer>;
  /** As `decide`, and tells what may be sent from what may also be kept. */
  judge(purpose: string): Decision | 'cookieless';
  /** Hash of the notice that the choice was made under. */
  notice(): string | undefined;
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
  /** What was allowed a moment ago: released, held or dropped, as it is decided now. */
  pass(item: T): void;
  held(): number;
  /** `by`: what weighs its rules; it comes along with the first policy, so that whoever fetches none does not carry it. */
  policy(news?: Policy, by?: Weigh): Policy;
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
  const { storage, key, gpc, now } = options;
  let policy: Policy = { mode: options.mode };
  let weigh: Weigh = () => 'deny';
  let remembered = read(storage.get(key));
  const held: T[] = [];

  /** What was answered, less the grants that a notice has made stale which is too new for them. */
  function answers(): Remembered[0] {
    const [given = {}, , notice] = remembered || [];
    const stale = policy.reconsent === 'hard' && policy.notice && notice && notice !== policy.notice.hash;
    return Object.fromEntries(Object.entries(given).filter(([, answer]) => !stale || !isGrant(answer)));
  }
  const preferences = () =>
    remembered && Object.fromEntries(Object.entries(answers()).map(([purpose, answer]) => [purpose, isGrant(answer)]));
  const ruleOf = (purpose: string) => policy.purposes?.find(({ id }) => id === purpose);
  const asked = () =>
    [...new Set([...(policy.purposes?.map(({ id }) => id) || PURPOSES), ...Object.keys(answers())])].filter(
      (purpose) => purpose !== NECESSARY,
    );

  function judge(purpose: string): Decision | 'cookieless' {
    const rule = ruleOf(purpose);
    // after a withdrawal, and for what the policy does not know, nothing is allowed by default
    const asks = remembered?.[1] && rule?.default === 'granted';
    if (rule) return weigh(asks ? { ...rule, default: 'pending' } : rule, answers()[purpose], gpc(), now());
    return decide(purpose, preferences(), remembered?.[1] || policy.purposes ? '' : policy.mode, gpc());
  }

  function decideNow(purpose: string): Decision {
    const decision = judge(purpose);
    return decision === 'cookieless' ? 'allow' : decision;
  }

  function settle(): void {
    options.changed();
    for (const item of held.splice(0)) pass(item);
  }

  function pass(item: T): void {
    const decision = decideNow(item.purpose);
    if (decision === 'allow') options.release(item);
    else if (decision === 'deny') options.drop('no_consent');
    else held.push(item);
  }

  function choose(news: Preferences, withdrawn: boolean | undefined, told: Preferences | null, how = {}): void {
    const added: Remembered[0] = {};
    for (const [purpose, value] of Object.entries(news || {})) {
      // a choice that is neither yes nor no is no choice
      if (typeof value === 'boolean') added[purpose] = [value, now(), ruleOf(purpose)?.version];
    }
    const { notice, policyVersion } = policy;
    // a new choice has no receipt yet
    remembered = [{ ...answers(), ...added }, withdrawn, notice?.hash, policyVersion ? { policyVersion } : undefined];
    keep();
    const then = options.chosen(told, how);
    settle();
    then?.();
  }

  const keep = () => storage.set(key, JSON.stringify(remembered));

  const close = storage.watch(key, () => {
    remembered = read(storage.get(key));
    settle();
  });

  return {
    decide: decideNow,
    judge,
    answers,
    pass,
    close,
    asked,
    preferences,
    deniedBySignal: () =>
      asked().filter((purpose) => {
        const rule = ruleOf(purpose);
        return gpc() && (rule ? rule.gpc !== 'ignore' : DENIED_BY_GPC.includes(purpose));
      }),
    receipt(news) {
      if (news && remembered) {
        remembered[3] = news;
        keep();
      }
      return remembered?.[3] || undefined;
    },
    mayStore: () =>
      !options.cookieless &&
      [ANALYTICS, ...Object.keys(answers())].some((purpose) => purpose !== NECESSARY && judge(purpose) === 'allow'),
    held: () => held.length,
    notice: () => remembered?.[2],
    hold(item) {
      held.push(item);
      if (held.length > MAX_HELD) {
        held.shift();
        options.drop('overflow');
      }
    },
    policy(news, by = weigh) {
      if (news) {
        policy = news;
        weigh = by;
        settle();
      }
      return policy;
    },
    set: (news, how) => choose(news, remembered?.[1], news, how),
    withdraw: (how) => choose(Object.fromEntries(asked().map((purpose) => [purpose, false])), true, null, how),
  };
}

/** A damaged answer is a no. */
const isGrant = (answer: unknown) => [answer].flat()[0] === true;

function read(text: string | null): Remembered | null {
  const stored = parse(text);
  return Array.isArray(stored) && stored[0] ? (stored as Remembered) : null;
}
