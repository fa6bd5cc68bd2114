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

import { byteLength } from './batch.js';
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
  items(): readonly Item[];
  /** Takes them out and says how many there still were. */
  remove(items: readonly Item[]): number;
  /** Stores what is here, claims this tab's segment, adopts those of dead tabs. */
  open(): Promise<void>;
  /** Gives the claims back. */
  leave(): void;
  resume(): Promise<void>;
  /** Leaves nothing in storage, not even other tabs' events; what is in memory stays. */
  close(): void;
}

export interface Bounds {
  maxQueueEvents?: number;
  maxQueueBytes?: number;
}

/** `root`: what the keys of all segments begin with. */
export function createQueue(storage: Vault, root: string, tab: string, tally: Tally, bounds: Bounds): Queue {
  const { maxQueueEvents = 1_000, maxQueueBytes = 256 * 1024 } = bounds;
  const claims = new Map<string, Undo>();
  let items: Item[] = [];
  let bytes = 0;

  function store(item: Item): void {
    const key = `${root}${tab}.${item.id}`;
    if (!item.key && storage.set(key, `${item.purpose}\n${item.body}`)) item.key = key;
  }

  function remove(gone: readonly Item[]): number {
    const going = new Set(gone);
    const before = items.length;
    items = items.filter((item) => {
      if (!going.has(item)) return true;
      bytes -= item.bytes;
      if (item.key) storage.remove(item.key);
      return false;
    });
    return before - items.length;
  }

  function bound(): void {
    while (items.length > maxQueueEvents || bytes > maxQueueBytes) {
      const oldest = items.find((item) => !item.inFlight);
      if (!oldest) return;
      remove([oldest]);
      tally.lose('overflow');
    }
  }

  async function claim(segment: string): Promise<boolean> {
    if (claims.has(segment)) return false;
    const undo = await storage.claim(root + segment);
    if (!undo) return false;
    // consent may have been withdrawn while we waited
    if (storage.isOpen()) claims.set(segment, undo);
    else undo();
    return storage.isOpen();
  }

  function load(segment: string): void {
    const known = new Set(items.map((item) => item.id));
    const found: Item[] = [];
    for (const key of storage.keys(`${root}${segment}.`).sort()) {
      // encoded JSON holds no bare newline, so the first one ends the purpose
      const [purpose = '', body] = (storage.get(key) || '').split('\n');
      const id = key.slice(root.length + segment.length + 1);
      if (!body || known.has(id)) continue;
      found.push({ id, purpose, body, bytes: byteLength(body), key, inFlight: false });
    }
    items = [...found, ...items];
    for (const item of found) bytes += item.bytes;
    tally.adopted += found.length;
    bound();
  }

  async function adopt(): Promise<void> {
    const segments = new Set(storage.keys(root).map((key) => key.slice(root.length).split('.')[0] as string));
    for (const segment of segments) {
      if (segment !== tab && (await claim(segment))) load(segment);
    }
  }

  function leave(): void {
    for (const undo of claims.values()) undo();
    claims.clear();
  }

  return {
    remove,
    items: () => items,
    push(id, purpose, body) {
      const item: Item = { id, purpose, body, bytes: byteLength(body), key: null, inFlight: false };
      items.push(item);
      bytes += item.bytes;
      store(item);
      bound();
    },
    async open() {
      items.forEach(store);
      await claim(tab);
      await adopt();
    },
    leave,
    async resume() {
      const gone = items.filter((item) => item.key && storage.get(item.key) === null && !item.inFlight);
      tally.handedOver += remove(gone);
      await claim(tab);
      await adopt();
    },
    close() {
      leave();
      for (const key of storage.keys(root)) storage.remove(key);
      for (const item of items) item.key = null;
    },
  };
}
