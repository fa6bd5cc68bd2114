/**
 * May an event be used for its purpose? `decide` is pure (vectors: `gate`, the same in every language);
 * `createGate` keeps the person's choice and the events that wait for one.
 *
 * Waiting events live in memory only, bounded, and leave in one of two ways: released, in order and with
 * their own times, when their purpose is allowed; or purged, counted, when it is denied. The only thing
 * the gate reads from the device before a choice is the choice itself, which must be remembered to be
 * respected.
 */

import type { Storage, Undo } from './ports.js';
import { ANALYTICS, type ConsentMode, type Decision, NECESSARY, type Preferences, PURPOSES } from './protocol.js';

/** Global Privacy Control denies what sells or shares (W3C GPC; CCPA regulations §7025). */
const DENIED_BY_GPC = ['marketing', 'third_party'];
const MAX_HELD = 1_000;

/** An unknown mode is the strictest. */
export function decide(purpose: string, preferences: Preferences | null, mode: string, gpc: boolean): Decision {
  if (purpose === NECESSARY) return 'allow';
  if (gpc && DENIED_BY_GPC.includes(purpose)) return 'deny';
  const own = preferences && Object.hasOwn(preferences, purpose);
  // `=== true`, so that a truthy surprise never widens anything
  if (own) return preferences[purpose] === true ? 'allow' : 'deny';
  return mode === 'opt_out' || (mode === 'exempt' && purpose === ANALYTICS) ? 'allow' : 'hold';
}

interface Choice {
  at: number;
  preferences: Preferences;
  /** Everything was withdrawn: a purpose nobody asked about is no longer allowed by default either. */
  withdrawn?: true;
}

export interface Held {
  purpose: string;
}

export interface Gate<T extends Held> {
  decide(purpose: string): Decision;
  /** The person's choice as it stands; null when none was made. */
  preferences(): Preferences | null;
  /** May anything but the necessary be done? Only then is the device's storage used. */
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

  const decideNow = (purpose: string): Decision =>
    decide(purpose, choice?.preferences ?? null, choice?.withdrawn ? 'opt_in' : options.mode, options.gpc());

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
    preferences: () => (choice ? { ...choice.preferences } : null),
    mayStore: () =>
      [...PURPOSES, ...Object.keys(choice?.preferences ?? {})].some(
        (purpose) => purpose !== NECESSARY && decideNow(purpose) === 'allow',
      ),
    held: () => held.length,
    hold(item) {
      held.push(item);
      if (held.length > MAX_HELD) options.purge(held.shift() as T, 'overflow');
    },
    set(preferences, now) {
      choose({ ...choice, at: now, preferences: { ...choice?.preferences, ...only(preferences) } });
    },
    withdraw(now) {
      const all = [...PURPOSES.slice(1), ...Object.keys(choice?.preferences ?? {})];
      choose({ at: now, preferences: Object.fromEntries(all.map((purpose) => [purpose, false])), withdrawn: true });
    },
  };
}

/** Booleans only: a choice that is neither yes nor no is no choice. */
function only(preferences: unknown): Preferences {
  const entries = Object.entries((preferences ?? {}) as Record<string, unknown>);
  return Object.fromEntries(entries.filter(([, value]) => typeof value === 'boolean')) as Preferences;
}

function read(text: string | null): Choice | null {
  if (!text) return null;
  try {
    const { at, preferences, withdrawn } = JSON.parse(text) as Choice;
    return { at, preferences: only(preferences), ...(withdrawn && { withdrawn }) };
  } catch {
    return null; // damaged: as if nobody had been asked, which asks again
  }
}
