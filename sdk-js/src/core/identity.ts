/**
 * Who an event is about: an anonymous id of this device, and the user id the site told us.
 *
 * An id is minted when the first allowed event needs one, never earlier: a page that waits for consent
 * has none. `Person` is an object so that events held since before a `reset()` keep their own one.
 * An id lives 13 months from its minting (CNIL guidelines on trackers, 2020) however often it is read;
 * a UUIDv7 carries its birthday, so no second key is needed.
 */

import type { Random, Storage } from './ports.js';

export interface Person {
  anonymousId: string | null;
  userId: string | null;
}

export interface Identity {
  /** The person now. Fill in the id with `mint` only for an event that is allowed. */
  person(): Person;
  mint(person: Person, now: number): string;
  setUser(userId: string): void;
  /** Storage may be used from now on; an id that is there wins over one in memory. */
  open(now: number): void;
  /** Another person from here on; nothing of this one stays. */
  reset(): void;
}

export const LIFETIME_MS = 395 * 86_400_000;

export function createIdentity(storage: Storage, prefix: string, random: Random): Identity {
  const idKey = `${prefix}id`;
  const userKey = `${prefix}user`;
  const nobody = (): Person => ({ anonymousId: null, userId: null });
  let current = nobody();

  const keep = () => {
    if (current.anonymousId) storage.set(idKey, current.anonymousId);
    if (current.userId) storage.set(userKey, current.userId);
  };
  return {
    person: () => current,
    mint(person, now) {
      if (!person.anonymousId) {
        person.anonymousId = uuid7(now, random);
        if (person === current) keep();
      }
      return person.anonymousId;
    },
    setUser(userId) {
      current.userId = userId;
      keep();
    },
    open(now) {
      const stored = storage.get(idKey);
      if (stored && now - bornAt(stored) < LIFETIME_MS) current.anonymousId = stored;
      current.userId = current.userId || storage.get(userKey);
      keep();
    },
    reset() {
      storage.remove(idKey);
      storage.remove(userKey);
      current = nobody();
    },
  };
}

/** RFC 9562 §5.7: 48 bits of milliseconds, then random bits. */
export function uuid7(now: number, random: Random): string {
  const bytes = random.bytes(16);
  for (let i = 0; i < 6; i++) bytes[i] = Math.floor(now / 2 ** (8 * (5 - i))) % 256;
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => (byte + 256).toString(16).slice(1)).join('');
  return hex.replace(/^(.{8})(....)(....)(....)/, '$1-$2-$3-$4-');
}

/** When a UUIDv7 was made; NaN (and so never young enough) for anything else. */
export function bornAt(id: string): number {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-7/.test(id) ? Number(`0x${id.slice(0, 8)}${id.slice(9, 13)}`) : Number.NaN;
}
