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
  /** Where it is stored. */
  key: string;
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
export function createStorage(root: string, hidden: () => unknown): MpStorage {
  /** By number, with holes. */
  const chunks: Chunk[] = [];
  const prefix = `${root}~`;
  const choice = `${root}consent`;
  let loadedAll = false;
  let forgotten = () => {};
  let timer: ReturnType<typeof setTimeout> | null = null;

  function load(n: number): Chunk {
    let chunk = chunks[n];
    if (!chunk) {
      const text = read(prefix + n) || '';
      const values: Values = {};
      // damaged or not ours: as if it were not there
      for (const [key, value] of Object.entries(parse(text) || {})) if (typeof value === 'string') values[key] = value;
      chunk = { key: prefix + n, values, bytes: byteLength(text), dirty: false, writing: false };
      chunks[n] = chunk;
    }
    return chunk;
  }

  function loadAll(): void {
    if (loadedAll) return;
    loadedAll = true;
    for (const key of wx.getStorageInfoSync().keys) if (key.startsWith(prefix)) load(Number(key.slice(prefix.length)));
  }

  /** The chunk that holds `key`, or undefined. */
  function find(key: string): Chunk | undefined {
    if (!key.startsWith(`${root}q.`)) return load(0);
    loadAll();
    return chunks.find((chunk, n) => n && chunk && chunk.values[key] !== undefined);
  }

  function room(bytes: number): Chunk | null {
    let total = bytes;
    let found: Chunk | null = null;
    chunks.forEach((chunk, n) => {
      total += chunk.bytes;
      if (n && chunk.bytes + bytes <= CHUNK_BYTES) found = chunk;
    });
    return total > MAX_BYTES ? null : found || load(chunks.length || 1);
  }

  /** Undefined takes the key away. */
  function put(chunk: Chunk, key: string, value?: string): void {
    const weight = (of: string | undefined) => (of === undefined ? 0 : byteLength(key + of) + 8);
    const before = chunk.values[key];
    if (value === before) return;
    if (value === undefined) delete chunk.values[key];
    else chunk.values[key] = value;
    chunk.bytes += weight(value) - weight(before);
    chunk.dirty = true;
    soon();
  }

  function soon(): void {
    if (hidden()) flush();
    else if (timer === null) timer = setTimeout(gathered, GATHER_MS);
  }

  function gathered(): void {
    timer = null;
    chunks.forEach((chunk) => {
      if (chunk.dirty && !chunk.writing) begin(chunk);
    });
  }

  function begin(chunk: Chunk): void {
    const { key } = chunk;
    const data = encode(chunk);
    const success = () => {
      chunk.writing = false;
      if (chunk.dirty) soon();
    };
    const fail = () => {
      // over the quota: tried again with the next change, not before
      chunk.writing = false;
      chunk.dirty = true;
    };
    chunk.dirty = false;
    chunk.writing = true;
    if (data) wx.setStorage({ key, data, success, fail });
    else wx.removeStorage({ key, complete: success });
  }

  function flush(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    chunks.forEach((chunk) => {
      if (!chunk.dirty && !chunk.writing) return;
      const data = encode(chunk);
      const isKept = !data || write(chunk.key, data);
      if (!data) wx.removeStorageSync(chunk.key);
      // a write that is under way may land after this one
      chunk.dirty = chunk.writing || !isKept;
    });
  }

  return {
    flush,
    get(key) {
      if (key === choice) return read(key);
      const chunk = find(key);
      const value = chunk && chunk.values[key];
      return value === undefined ? null : value;
    },
    set(key, value) {
      if (key === choice) return write(key, value);
      const chunk = find(key) || room(byteLength(key + value) + 8);
      if (chunk) put(chunk, key, value);
      return !!chunk;
    },
    remove(key) {
      if (key === choice) {
        wx.removeStorageSync(key);
        return forgotten();
      }
      const chunk = find(key);
      if (chunk) put(chunk, key);
    },
    keys(start) {
      loadAll();
      const found: string[] = [];
      chunks.forEach(({ values }) => {
        found.push(...Object.keys(values).filter((key) => key.startsWith(start)));
      });
      return found;
    },
    // one context, so nobody else writes; but a plugin may find that the choice holds no longer
    watch(key, run) {
      if (key === choice) forgotten = () => run(null);
      return () => {};
    },
    // one context: whatever segment an earlier run has left is dead by definition
    claim: () => new Promise((resolve) => setTimeout(resolve, 0, () => {})),
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
