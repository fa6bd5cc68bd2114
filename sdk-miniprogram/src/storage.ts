/**
 * The Storage port over `wx` storage.
 *
 * Layout. The choice has a key of its own, written at once: a person's "no" must not be lost. Everything else
 * lives in chunks, `<root>~<n>`, each a JSON object of keys and values: chunk 0 the small state (ids, session,
 * losses), the others the queue, at most 64 KB each and 2 MB together (WeChat: 1 MB a key, 10 MB an app, which
 * the app needs itself). What does not fit is refused, and the queue keeps it in memory.
 *
 * Reading. Chunk 0 when the first id is needed, the others when the queue asks which keys there are, which it
 * does after the start (`claim` waits a turn).
 *
 * Writing. Synchronous writes make a start slow, so changes are gathered for 200 ms and written asynchronously,
 * each chunk once. On hiding, and for whatever comes while hidden, they are written synchronously, because the process
 * may end without another word. An asynchronous write that ends after a newer synchronous one may have undone it,
 * so then the chunk is written again.
 */

import { byteLength } from '../../sdk-js/src/core/batch.js';
import { parse } from '../../sdk-js/src/core/json.js';
import type { Storage } from '../../sdk-js/src/core/ports.js';

const CHUNK_BYTES = 64 * 1024;
/** As counted here; JSON's escapes make a quarter more of it, still below 2 MB. */
const MAX_BYTES = 1.5 * 1024 * 1024;
const GATHER_MS = 200;

type Values = Record<string, string>;
interface Chunk {
  values: Values;
  bytes: number;
  /** Changed since it was last written, or since the write that is under way began. */
  dirty: boolean;
  writing: boolean;
}

export interface MpStorage extends Storage {
  /** Writes what has changed, now. */
  flush(): void;
}

/** `root`: what all our keys begin with. `hidden`: is the mini-program in the background? */
export function createStorage(root: string, hidden: () => boolean): MpStorage {
  const chunks: Record<number, Chunk> = {};
  const prefix = `${root}~`;
  let loadedAll = false;
  let forgotten = () => {};
  let timer: ReturnType<typeof setTimeout> | null = null;

  const isDirect = (key: string) => key === `${root}consent`;
  const isQueued = (key: string) => key.slice(root.length, root.length + 2) === 'q.';
  const numbers = () => Object.keys(chunks).map(Number);

  function load(n: number): Chunk {
    let chunk = chunks[n];
    if (!chunk) {
      const text = read(prefix + n) || '';
      const values: Values = {};
      // damaged or not ours: as if it were not there
      for (const [key, value] of Object.entries(parse(text) || {})) if (typeof value === 'string') values[key] = value;
      chunk = { values, bytes: byteLength(text), dirty: false, writing: false };
      chunks[n] = chunk;
    }
    return chunk;
  }

  function loadAll(): void {
    if (loadedAll) return;
    loadedAll = true;
    for (const key of wx.getStorageInfoSync().keys)
      if (key.indexOf(prefix) === 0) load(Number(key.slice(prefix.length)));
  }

  /** The chunk that holds `key`, or null. */
  function find(key: string): Chunk | null {
    if (!isQueued(key)) return load(0);
    loadAll();
    for (const n of numbers()) if (n && (chunks[n] as Chunk).values[key] !== undefined) return chunks[n] as Chunk;
    return null;
  }

  function room(bytes: number): Chunk | null {
    let total = 0;
    let free = 1;
    let found: Chunk | null = null;
    for (const n of numbers()) {
      const chunk = chunks[n] as Chunk;
      total += chunk.bytes;
      if (n && chunk.bytes + bytes <= CHUNK_BYTES) found = chunk;
      free = Math.max(free, n + 1);
    }
    return total + bytes > MAX_BYTES ? null : found || load(free);
  }

  function touch(chunk: Chunk, bytes: number): void {
    chunk.bytes += bytes;
    chunk.dirty = true;
    soon();
  }

  function soon(): void {
    if (hidden()) flush();
    else if (timer === null) timer = setTimeout(gathered, GATHER_MS);
  }

  function gathered(): void {
    timer = null;
    for (const n of numbers()) {
      const chunk = chunks[n] as Chunk;
      if (chunk.dirty && !chunk.writing) begin(prefix + n, chunk);
    }
  }

  function begin(key: string, chunk: Chunk): void {
    chunk.dirty = false;
    chunk.writing = true;
    const success = () => {
      chunk.writing = false;
      if (chunk.dirty) soon();
    };
    const fail = () => {
      // over the quota: tried again with the next change, not before
      chunk.writing = false;
      chunk.dirty = true;
    };
    const data = encode(chunk);
    if (data) wx.setStorage({ key, data, success, fail });
    else wx.removeStorage({ key, complete: success });
  }

  function flush(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    for (const n of numbers()) {
      const chunk = chunks[n] as Chunk;
      if (!chunk.dirty && !chunk.writing) continue;
      const data = encode(chunk);
      const isKept = !data || write(prefix + n, data);
      if (!data) wx.removeStorageSync(prefix + n);
      // a write that is under way may land after this one
      chunk.dirty = chunk.writing || !isKept;
    }
  }

  const weight = (key: string, value: string | undefined) =>
    value === undefined ? 0 : byteLength(key) + byteLength(value) + 8;

  return {
    flush,
    get(key) {
      if (isDirect(key)) return read(key);
      const chunk = find(key);
      const value = chunk && chunk.values[key];
      return value === undefined ? null : value;
    },
    set(key, value) {
      if (isDirect(key)) return write(key, value);
      const chunk = find(key) || room(weight(key, value));
      if (!chunk) return false;
      const before = chunk.values[key];
      chunk.values[key] = value;
      if (before !== value) touch(chunk, weight(key, value) - weight(key, before));
      return true;
    },
    remove(key) {
      if (isDirect(key)) {
        wx.removeStorageSync(key);
        return forgotten();
      }
      const chunk = find(key);
      const before = chunk ? chunk.values[key] : undefined;
      if (!chunk || before === undefined) return;
      delete chunk.values[key];
      touch(chunk, -weight(key, before));
    },
    keys(start) {
      loadAll();
      const found: string[] = [];
      for (const n of numbers()) {
        for (const key of Object.keys((chunks[n] as Chunk).values)) if (key.indexOf(start) === 0) found.push(key);
      }
      return found;
    },
    // one context, so nobody else writes; but a plugin may find that the choice holds no longer
    watch(key, run) {
      if (isDirect(key)) forgotten = () => run(null);
      return () => {};
    },
    // one context: whatever segment an earlier run has left is dead by definition
    claim: () => new Promise((resolve) => setTimeout(() => resolve(() => {}), 0)),
  };
}

function encode({ values }: Chunk): string {
  return Object.keys(values).length ? JSON.stringify(values) : '';
}

function read(key: string): string | null {
  const value = wx.getStorageSync(key);
  return typeof value === 'string' && value ? value : null;
}

function write(key: string, value: string): boolean {
  try {
    wx.setStorageSync(key, value);
    return true;
  } catch {
    return false; // over the quota: it stays in memory
  }
}
