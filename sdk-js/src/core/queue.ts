/**
 * The events that wait for a request: bounded, and as persistent as the platform allows.
 *
 * Layout. One key an event, `<root><tab>.<messageId>` = purpose, newline, encoded message. All keys of
 * a tab are its segment. One small write an event costs the same for the first as for the thousandth, and
 * there is no file to tear. UUIDv7 ids put the keys in order.
 *
 * Whose segments there are to send beside one's own is asked of `tabs.ts`, where there can be several tabs.
 *
 * Over the bound the oldest event that is not in flight goes, counted. What storage refuses stays in memory.
 */

import { type Bounds, byteLength, isOver } from './batch.js';
import type { Storage } from './ports.js';
import type { Tally } from './tally.js';

export interface Item {
  id: string;
  purpose: string;
  /** The encoded message. */
  body: string;
  bytes: number;
  /** Where it is stored, if it is. */
  key?: string | undefined;
  inFlight: boolean;
}

export interface Queue {
  push(id: string, purpose: string, body: string): void;
  /** Keeps a message that is only sent if this tab dies: it is found by whoever adopts the segment. Without a body it goes. */
  draft(id: string, purpose: string, body?: string | null): void;
  items(): readonly Item[];
  /** Takes them out and says how many there still were. */
  remove(items: readonly Item[]): number;
  /** Stores what is in memory only. */
  store(item: Item): void;
  /** Takes over what lies below `prefix` and is not this tab's. */
  load(prefix: string): void;
  /** Leaves nothing in storage, not even other tabs' events; what is in memory stays. */
  close(): void;
}

/** `root`: what the keys of all segments begin with. */
export function createQueue(storage: Storage, root: string, tab: string, tally: Tally, bounds: Bounds): Queue {
  const own = `${root}${tab}.`;
  let items: Item[] = [];

  const make = (id: string, purpose: string, body: string, key?: string): Item => ({
    id,
    purpose,
    body,
    key,
    bytes: byteLength(body),
    inFlight: false,
  });
  const save = (id: string, purpose: string, body: string) => storage.set(own + id, `${purpose}\n${body}`);

  function store(item: Item): void {
    if (!item.key && save(item.id, item.purpose, item.body)) item.key = own + item.id;
  }

  function remove(gone: readonly Item[]): number {
    const before = items.length;
    items = items.filter((item) => !gone.includes(item));
    for (const { key } of gone) if (key) storage.remove(key);
    return before - items.length;
  }

  function bound(): void {
    while (isOver(items, bounds)) {
      const oldest = items.find((item) => !item.inFlight);
      if (!oldest) return;
      remove([oldest]);
      tally.lose('overflow');
    }
  }

  return {
    remove,
    store,
    items: () => items,
    push(id, purpose, body) {
      const item = make(id, purpose, body);
      items.push(item);
      store(item);
      bound();
    },
    draft(id, purpose, body) {
      if (body) save(id, purpose, body);
      else storage.remove(own + id);
    },
    load(prefix) {
      const found: Item[] = [];
      for (const key of storage.keys(prefix).sort()) {
        // encoded JSON holds no bare newline, so the first one ends the purpose
        const [purpose = '', body] = (storage.get(key) || '').split('\n');
        const id = key.split('.').pop() as string;
        if (body && !key.startsWith(own) && !items.some((item) => item.id === id))
          found.push(make(id, purpose, body, key));
      }
      items = [...found, ...items];
      tally.counts.adopted += found.length;
      bound();
    },
    close() {
      storage.keys(root).forEach(storage.remove);
      for (const item of items) item.key = undefined;
    },
  };
}
