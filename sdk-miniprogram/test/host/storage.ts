/**
 * WeChat's data cache (dev/framework/ability/storage; api/storage).
 *
 *   documented                                                          here
 *   one key at most 1 MB, all together at most 10 MB                     `setStorageSync` throws, `setStorage` calls `fail`
 *   `getStorageSync` of a missing key gives the empty string             the same
 *   values are kept over restarts until the mini-program is deleted      the map is handed to the next host
 *   synchronous calls block the start                                   every call is counted in `calls`
 *   asynchronous calls answer later                                      `delayMs`, in the order of the calls
 */

export const KEY_BYTES = 1024 * 1024;
export const ALL_BYTES = 10 * 1024 * 1024;

export type Store = Map<string, string>;
type Callbacks = {
  success?: (result: unknown) => void;
  fail?: (error: { errMsg: string }) => void;
  complete?: () => void;
};

export function hostStorage(store: Store, delayMs: () => number, limit: () => number) {
  const calls: Record<string, number> = {};
  const writes: { key: string; bytes: number; sync: boolean }[] = [];
  const size = (text: string) => Buffer.byteLength(text);
  const count = (name: string) => {
    calls[name] = (calls[name] || 0) + 1;
  };

  function write(key: string, value: string, sync: boolean): void {
    let total = size(key) + size(value);
    if (size(value) > KEY_BYTES) throw new Error('setStorage:fail entry size limit reached');
    for (const [other, text] of store) if (other !== key) total += size(other) + size(text);
    if (total > limit()) throw new Error('setStorage:fail exceed storage max size 10Mb');
    store.set(key, value);
    writes.push({ key, bytes: size(value), sync });
  }

  function later(run: () => void, { success, fail, complete }: Callbacks): void {
    setTimeout(() => {
      try {
        run();
        if (success) success({ errMsg: 'ok' });
      } catch (error) {
        if (fail) fail({ errMsg: (error as Error).message });
      }
      if (complete) complete();
    }, delayMs());
  }

  const api = {
    getStorageSync(key: string) {
      count('getStorageSync');
      return store.get(key) ?? '';
    },
    setStorageSync(key: string, value: string) {
      count('setStorageSync');
      write(key, value, true);
    },
    removeStorageSync(key: string) {
      count('removeStorageSync');
      store.delete(key);
    },
    getStorageInfoSync() {
      count('getStorageInfoSync');
      return { keys: [...store.keys()] };
    },
    setStorage(options: { key: string; data: string } & Callbacks) {
      count('setStorage');
      later(() => write(options.key, options.data, false), options);
    },
    removeStorage(options: { key: string } & Callbacks) {
      count('removeStorage');
      later(() => store.delete(options.key), options);
    },
  };
  return { api, calls, writes };
}
