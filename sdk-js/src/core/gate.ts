/**
 * May an event be used for its purpose? `decide` is pure (vectors: `gate`, the same in every language);
 * `createGate` keeps the person's choice and the events that wait for one.
 *
 * Waiting events live in memory only, bounded, and leave in one of two ways: released, in order and with
 * their own times, when their purpose is allowed; or purged, counted, when it is denied. The only thing
 * the gate reads from the device before a choice is the choice itself, which must be remembered to be
 * respected.
 */

import { parse } from './json.js';
import type { Storage, Undo } from './ports.js';
import { ANALYTICS, type ConsentMode, type Decision, NECESSARY, type Preferences, PURPOSES } from './protocol.js';

/** Global Privacy Control denies what sells or shares (W3C GPC; CCPA regulations §7025). */
const DENIED_BY_GPC = ['marketing', 'third_party'];
const MAX_HELD = 1_000;

/** An unknown mode is the strictest. */
export function decide(purpose: string, preferences: Preferences | null, mode: string, gpc: boolean): Decision {
  if (purpose === NECESSARY) return 'allow';
  if (gpc && DENIED_BY_GPC.includes(purpose)) return 'deny';
  const choice = preferences && new Map(Object.entries(preferences)).get(purpose);
  // `=== true`, so that a truthy surprise never widens anything
  if (choice != null) return choice === true ? 'allow' : 'deny';
  return mode === 'opt_out' || (mode === 'exempt' && purpose === ANALYTICS) ? 'allow' : 'hold';
}

interface Choice {
  at: number;
  preferences: Preferences;
  /** Everything was withdrawn: a purpose nobody asked about is no longer allowed by default either. */
  withdrawn: boolean;
}

export interface Held {
  purpose: string;
}

export interface Gate<T extends Held> {
  decide(purpose: string): Decision;
  /** The person's choice as it stands; null when none was made. */
  preferences(): Preferences | null;
  /** The built-in purposes and those a choice was made for, without `necessary`. */
  asked(): string[];
  /**
   * May the device's storage be used? For analytics, or for what the person granted by name: a purpose that
   * is only allowed because nobody asked keeps no id after analytics was refused.
   */
  mayStore(): boolean;
  hold(item: T): void;
  held(): number;
  set(preferences: Preferences, now: number): void;
  withdraw(now: number): void;
  close: Undo;
}

export interface GateOptions<T> {
  storage: Storage;
  key: string;
  mode: ConsentMode | string;
  gpc: () => boolean;
  release: (item: T) => void;
  purge: (item: T, why: 'no_consent' | 'overflow') => void;
  /** After the choice changed, here or in another tab, and before anything held is released. */
  changed: () => void;
}

export function createGate<T extends Held>(options: GateOptions<T>): Gate<T> {
  const { storage, key } = options;
  let choice = read(storage.get(key));
  let held: T[] = [];

  const preferences = () => choice && choice.preferences;
  const chosen = () => Object.keys(preferences() || {}).filter((purpose) => purpose !== NECESSARY);
  const asked = () => [...PURPOSES.slice(1), ...chosen()];

  const decideNow = (purpose: string): Decision =>
    decide(purpose, preferences(), choice && choice.withdrawn ? 'opt_in' : options.mode, options.gpc());

  function settle(): void {
    options.changed();
    const waiting = held;
    held = [];
    for (const item of waiting) {
      const decision = decideNow(item.purpose);
      if (decision === 'allow') options.release(item);
      else if (decision === 'deny') options.purge(item, 'no_consent');
      else held.push(item);
    }
  }

  function choose(next: Choice): void {
    choice = next;
    storage.set(key, JSON.stringify(next));
    settle();
  }

  const close = storage.watch(key, () => {
    choice = read(storage.get(key));
    settle();
  });

  return {
    decide: decideNow,
    close,
    asked,
    preferences,
    mayStore: () => [ANALYTICS, ...chosen()].some((purpose) => decideNow(purpose) === 'allow'),
    held: () => held.length,
    hold(item) {
      held.push(item);
      if (held.length > MAX_HELD) options.purge(held.shift() as T, 'overflow');
    },
    set(news, now) {
      const withdrawn = !!choice && choice.withdrawn;
      choose({ at: now, preferences: { ...preferences(), ...only(news) }, withdrawn });
    },
    withdraw(now) {
      const none: Preferences = {};
      for (const purpose of asked()) none[purpose] = false;
      choose({ at: now, preferences: none, withdrawn: true });
    },
  };
}

/** Booleans only: a choice that is neither yes nor no is no choice. */
function only(preferences: unknown): Preferences {
  const kept: Preferences = {};
  for (const [purpose, value] of Object.entries(preferences || {})) {
    if (typeof value === 'boolean') kept[purpose] = value;
  }
  return kept;
}

function read(text: string | null): Choice | null {
  const { at, preferences, withdrawn } = (parse(text) || {}) as Partial<Choice>;
  return at && preferences ? { at, preferences: only(preferences), withdrawn: !!withdrawn } : null;
}
