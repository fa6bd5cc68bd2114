/**
 * Sessions: 30 idle minutes or 24 hours end one, and so does a clock that jumps back. `touch` is pure
 * (vectors: `session`); `createSessions` keeps its state where all tabs can see it.
 *
 * The rule across tabs. A number is taken when an event is queued, never before, so an event that was
 * refused leaves no hole. Tabs share one counter by reading and writing storage in one synchronous step
 * and never going under what this tab has already used; what two tabs do in the same moment is put right in `tabs.ts`. A
 * number may be there twice in the worst case, and never is one missing, so a gap always means a lost event, which is
 * what the loss ledger asks.
 */

import { parse } from './json.js';
import type { Storage } from './ports.js';

export interface SessionState {
  id: string;
  startedAt: number;
  lastAt: number;
  seq: number;
  /** What it belongs to beside time, see `renew.ts`. */
  key?: string | undefined;
}

const IDLE_MS = 30 * 60_000;
const LONGEST_MS = 24 * 3_600_000;

/** The session of an event at `now` (ms), given the state after the event before it. Another `key` begins a new one; its `seq` is 0. */
export function touch(state: unknown, now: number, newId: string, key?: string): SessionState {
  const last = (state || {}) as SessionState;
  // anything that is no number makes this false, and so does a state that is none
  const goesOn = now - last.lastAt < IDLE_MS && now - last.startedAt < LONGEST_MS && last.lastAt - now <= IDLE_MS;
  return goesOn && last.id && last.seq >= 0 && (key == null || last.key === key)
    ? { ...last, lastAt: Math.max(last.lastAt, now), seq: last.seq + 1 }
    : { id: newId, startedAt: now, lastAt: now, seq: 0, key };
}

export interface Sessions {
  /** The session an event at `now` would belong to. Takes no number. */
  peek(now: number, key?: string): SessionState;
  /** Takes the number: the event was queued. */
  commit(state: SessionState): void;
  /** The session of the last event of any tab; null before the first one. */
  current(): SessionState | null;
  /** As far as this tab knows. */
  own(): SessionState | null;
  end(): void;
}

/** Stored as `[id, startedAt, lastAt, seq, tab, key]`: a list has no names that a build could shorten differently. */
export function createSessions(storage: Storage, key: string, newId: (now: number) => string, tab: string): Sessions {
  let own: SessionState | null = null;

  function current(): SessionState | null {
    const [id, startedAt, lastAt, seq, , of] = [parse(storage.get(key))].flat();
    return typeof id !== 'string' || (own && own.id === id && own.seq > seq)
      ? own
      : { id, startedAt, lastAt, seq, key: of };
  }

  return {
    current,
    own: () => own,
    peek(now, of) {
      const state = touch(current(), now, '', of);
      // an id costs random bytes, and nearly every event belongs to a session that is there
      state.id ||= newId(now);
      return state;
    },
    commit(state) {
      own = state;
      storage.set(key, JSON.stringify([state.id, state.startedAt, state.lastAt, state.seq, tab, state.key]));
    },
    end() {
      own = null;
      storage.remove(key);
    },
  };
}
