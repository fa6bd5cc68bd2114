/**
 * The events that wait for a request: bounded, and as persistent as the platform allows.
 *
 * Layout. One key an event, `<root><tab>.<messageId>` = purpose, newline, encoded message. All keys of
 * a tab are its segment. One small write an event costs the same for the first as for the thousandth, and
 * there is no file to tear. UUIDv7 ids put the keys in order.
 *
 * Tabs. A tab holds a claim named like its segment while it lives. Whoever can claim another segment has
 * found a dead tab's, and keeps the claim while it sends what is in it: the events never move, so there
 * is no moment at which they are in two places or in none. A claim that is lost or stolen costs a
 * duplicate, which the collector takes out by messageId; never an event.
 *
 * A page in the back/forward cache must hold no claim (it would not be cached). So leaving gives all
 * claims back, and on return whatever another tab has sent meanwhile is handed over.
 *
 * Over the bound the oldest event that is not in flight goes, counted. What storage refuses stays in memory.
 */

import { byteLength, weigh } from './batch.js';
import type { Undo } from './ports.js';
import type { Tally } from './tally.js';
import type { Vault } from './vault.js';

export interface Item {
  id: string;
  purpose: string;
  /** The encoded message. */
  body: string;
  bytes: number;
  /** Where it is stored, if it is. */
  key: string | null;
  inFlight: boolean;
}

export interface Queue {
  push(id: string, purpose: string, body: string): void;
  /** Keeps a message that is only sent if this tab dies: it is found by whoever adopts the segment. */
  draft(id: string, purpose: string, body: string | null): void;
  /** In the first event that waits and holds `from`, `to` instead. */
  amend(from: string, to: string): boolean;
  items(): readonly Item[];
  /** Takes them out and says how many there still were. */
  remove(items: readonly Item[]): number;
  /** Stores what is here, claims this tab's segment, adopts those of dead tabs. */
  open(): Promise<unknown>;
  /** Gives the claims back. */
  leave(): void;
  resume(): Promise<unknown>;
  /** Leaves nothing in storage, not even other tabs' events; what is in memory stays. */
  close(): void;
}

export interface Bounds {
  maxQueueEvents?: number | undefined;
  maxQueueBytes?: number | undefined;
}

/** `root`: what the keys of all segments begin with. */
export function createQueue(storage: Vault, root: string, tab: string, tally: Tally, bounds: Bounds): Queue {
  const { maxQueueEvents = 1_000, maxQueueBytes = 256 * 1024 } = bounds;
  const claims = new Map<string, Undo>();
  let items: Item[] = [];

  const make = (id: string, purpose: string, body: string, key: string | null): Item => ({
    id,
    purpose,
    body,
    key,
    bytes: byteLength(body),
    inFlight: false,
  });

  function store(item: Item): void {
    const key = `${root}${tab}.${item.id}`;
    if (!item.key && storage.set(key, `${item.purpose}\n${item.body}`)) item.key = key;
  }

  function remove(gone: readonly Item[]): number {
    const before = items.length;
    items = items.filter((item) => !gone.includes(item));
    for (const { key } of gone) if (key) storage.remove(key);
    return before - items.length;
  }

  function bound(): void {
    let bytes = weigh(items);
    while (items.length > maxQueueEvents || bytes > maxQueueBytes) {
      const oldest = items.find((item) => !item.inFlight);
      if (!oldest) return;
      bytes -= oldest.bytes;
      remove([oldest]);
      tally.lose('overflow');
    }
  }

  function adopt(): Promise<unknown> {
    const events = storage.keys(root).filter((key) => key.includes('.', root.length));
    const segments = new Set([tab, ...events.map((key) => key.slice(root.length).split('.')[0] as string)]);
    return Promise.all(
      Array.from(segments, (segment) => {
        if (claims.has(segment)) return null;
        return storage.claim(root + segment).then((undo) => {
          if (!undo) return;
          // consent may have been withdrawn while we waited
          if (!storage.isOpen) return undo();
          claims.set(segment, undo);
          if (segment !== tab) load(`${root}${segment}.`);
        });
      }),
    );
  }

  function load(prefix: string): void {
    const found: Item[] = [];
    for (const key of storage.keys(prefix).sort()) {
      // encoded JSON holds no bare newline, so the first one ends the purpose
      const [purpose = '', body] = (storage.get(key) || '').split('\n');
      const id = key.slice(prefix.length);
      if (body && !items.some((item) => item.id === id)) found.push(make(id, purpose, body, key));
    }
    items = [...found, ...items];
    tally.adopted += found.length;
    bound();
  }

  function leave(): void {
    for (const undo of claims.values()) undo();
    claims.clear();
  }

  return {
    remove,
    leave,
    items: () => items,
    push(id, purpose, body) {
      const item = make(id, purpose, body, null);
      items.push(item);
      store(item);
      bound();
    },
    amend(from, to) {
      const item = items.find(({ inFlight, body }) => !inFlight && body.includes(from));
      if (!item) return false;
      item.body = item.body.replace(from, to);
      item.key = null;
      store(item);
      return true;
    },
    draft(id, purpose, body) {
      const key = `${root}${tab}.${id}`;
      if (body) storage.set(key, `${purpose}\n${body}`);
      else storage.remove(key);
    },
    open() {
      items.forEach(store);
      return adopt();
    },
    resume() {
      tally.handedOver += remove(items.filter(({ key, inFlight }) => key && storage.get(key) === null && !inFlight));
      return adopt();
    },
    close() {
      leave();
      storage.keys(root).forEach(storage.remove);
      for (const item of items) item.key = null;
    },
  };
}
