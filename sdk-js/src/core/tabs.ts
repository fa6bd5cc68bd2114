/**
 * Several pages of one site at a time, on one storage: whose events are whose, and one sequence of numbers. A platform
 * with one context (a mini-program) leaves this out.
 *
 * Events. A tab holds a claim named like its segment of the queue while it lives. Whoever can claim another segment has
 * found a dead tab's, and keeps the claim while it sends what is in it: the events never move, so there is no moment at
 * which they are in two places or in none. One looks when its page opens or returns, and after each confirmed batch. A
 * claim that is lost or stolen costs a duplicate, which the collector takes out by messageId; never an event.
 *
 * A page in the back/forward cache must hold no claim (it would not be cached). So leaving gives all
 * claims back, and on return whatever another tab has sent meanwhile is handed over.
 *
 * Numbers. Two tabs that queue within the same few milliseconds may take a number twice: their processes see each other's
 * writes a little late. But they do see them, and each write says whose it was: the tab whose name comes last gives its event
 * the next number instead, long before it is sent. A lock would do the same and is not an option: it is asynchronous, and a page
 * that is being closed does not live long enough to be given one. What is left is two tabs that queue *and send*
 * within the same moment, as when a browser is closed: there a number may be there twice, and never is one missing.
 */

import { parse } from './json.js';
import type { Undo } from './ports.js';
import type { Queue } from './queue.js';
import type { Sessions } from './session.js';
import type { Tally } from './tally.js';
import type { Vault } from './vault.js';

export interface Shared {
  vault: Vault;
  /** What all keys of the queue begin with, and the key of the session. */
  root: string;
  key: string;
  tab: string;
  queue: Queue;
  sessions: Sessions;
  tally: Tally;
  now(): number;
}

export interface Tabs {
  /** Claims this tab's segment and adopts those of dead tabs; `again`: only where it has not given its own back. */
  adopt(again?: boolean): Promise<unknown>;
  /** Gives the claims back. */
  leave(): void;
  /** Hands over what another tab has sent. */
  resume(): void;
  close: Undo;
}

export function createTabs({ vault, root, key, tab, queue, sessions, tally, now }: Shared): Tabs {
  let claims = new Map<string, Undo>();

  async function claim(segment: string): Promise<void> {
    const own = claims;
    try {
      const undo = claims.has(segment) ? null : await vault.claim(root + segment);
      // consent may have been withdrawn while we waited, or the page left
      if (undo && (!vault.unlocked || own !== claims)) undo();
      else if (undo) {
        claims.set(segment, undo);
        queue.load(`${root}${segment}.`);
      }
    } catch {
      // no claims here: then only this tab's own events are its business
    }
  }

  /** The number of this tab's last event is another tab's. */
  function renumber(id: string, seq: number): void {
    const next = sessions.peek(now());
    // another session has begun meanwhile: the old one's numbers are left alone
    if (next.id !== id) return;
    for (const item of queue.items()) {
      const message = parse(item.body);
      const { context = {} } = message;
      if (item.inFlight || context.sessionId !== id || context.seq !== seq) continue;
      context.seq = next.seq;
      item.body = JSON.stringify(message);
      item.key = undefined;
      queue.store(item);
      return sessions.commit(next);
    }
  }

  return {
    async adopt(again) {
      if (again && !claims.has(tab)) return;
      const segments = new Set([tab]);
      for (const key of vault.keys(root)) {
        const [segment, id] = key.slice(root.length).split('.') as [string, string?];
        if (id) segments.add(segment);
      }
      for (const segment of segments) await claim(segment);
    },
    leave() {
      for (const undo of claims.values()) undo();
      claims = new Map();
    },
    resume() {
      const gone = queue.items().filter((item) => item.key && vault.get(item.key) === null && !item.inFlight);
      tally.counts.handedOver += queue.remove(gone);
    },
    close: vault.watch(key, (value) => {
      const [id, , , seq, by] = [parse(value)].flat();
      const own = sessions.own();
      if (!own || own.id !== id) return;
      // Chromium shows a tab its own last write until that has arrived everywhere, and not what others wrote meanwhile
      if (seq > own.seq) own.seq = seq;
      else if (by < tab) renumber(id, seq);
    }),
  };
}
