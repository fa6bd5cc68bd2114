/**
 * Who an event is about: an anonymous id of this device, and the user id the site told us.
 *
 * An id is minted when the first allowed event needs one, never earlier: a page that waits for consent
 * has none. `Person` is an object so that events held since before a `reset()` keep their own one.
 * An id lives 13 months from its minting (CNIL guidelines on trackers, 2020) however often it is read;
 * a UUIDv7 carries its birthday, so no second key is needed.
 */

import type { Clock, Random, Storage, Undo } from './ports.js';

export interface Person {
  anonymousId: string | null;
  userId: string | null;
}

export interface Identity {
  /** The person now. Fill in the id with `mint` only for an event that is allowed. */
  person(): Person;
  mint(person: Person, now: number): string;
  /** Another id for the same person from here on; events that were captured before keep theirs. */
  adopt(id: string): void;
  setUser(userId: string): void;
  /** Storage may be used from now on; an id that is there wins over one in memory. */
  open(now: number): void;
  /** Another person from here on; nothing of this one stays. */
  reset(): void;
  close: Undo;
}

export const DAY_MS = 86_400_000;
export const LIFETIME_DAYS = 395;
export const LIFETIME_MS = LIFETIME_DAYS * DAY_MS;

export function createIdentity(storage: Storage, prefix: string, newId: (now: number) => string): Identity {
  const idKey = `${prefix}id`;
  const userKey = `${prefix}user`;
  let current: Person = { anonymousId: null, userId: null };

  const keep = () => {
    if (current.anonymousId) storage.set(idKey, current.anonymousId);
    if (current.userId) storage.set(userKey, current.userId);
  };
  // Tabs that are opened together each make one before they see the others'; the oldest is everybody's.
  const close = storage.watch(idKey, (theirs) => {
    const { anonymousId } = current;
    if (!theirs || !anonymousId || theirs === anonymousId) return;
    if (theirs < anonymousId) current.anonymousId = theirs;
    keep();
  });
  return {
    close,
    person: () => current,
    mint(person, now) {
      if (!person.anonymousId) {
        person.anonymousId = newId(now);
        if (person === current) keep();
      }
      return person.anonymousId;
    },
    adopt(id) {
      current = { ...current, anonymousId: id };
      keep();
    },
    setUser(userId) {
      current.userId = userId;
      keep();
    },
    open(now) {
      const stored = storage.get(idKey);
      if (stored && now - bornAt(stored) < LIFETIME_MS) current.anonymousId = stored;
      current.userId ||= storage.get(userKey);
      keep();
    },
    reset() {
      storage.remove(idKey);
      storage.remove(userKey);
      current = { anonymousId: null, userId: null };
    },
  };
}

/**
 * Makes UUIDv7s (RFC 9562 §5.7): 48 bits of milliseconds, version, 74 random bits around the variant. Random digits are made
 * for twenty at a time: asking for each one's apart was the dearest step of an event.
 */
export function createIds(random: Random, clock: Pick<Clock, 'now'>): (at?: number) => string {
  let digits = '';
  return (at = clock.now()) => {
    digits ||= Array.from(random.bytes(200), (byte, index) =>
      ((index % 10 === 2 ? (byte & 63) | 128 : byte) + 256).toString(16).slice(1),
    ).join('');
    const taken = digits.slice(0, 20);
    digits = digits.slice(20);
    // the one digit too many is where the version goes
    return ((at + 2 ** 48).toString(16).slice(1) + taken).replace(/(.{8})(.{4}).(...)(....)/, '$1-$2-7$3-$4-');
  };
}

/** When a UUIDv7 was made; NaN (and so never young enough) for anything else. */
export const bornAt = (id: string): number => Number(id.replace(/^([\da-f]{8})-([\da-f]{4})-7.+|.*/, '0x$1$2'));
