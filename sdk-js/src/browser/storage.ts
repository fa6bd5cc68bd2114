/**
 * The Storage port: localStorage, and memory where there is none (blocked, full, private modes that
 * throw). The anonymous id is mirrored to a first-party cookie on the widest domain that takes it, so that
 * it is the same on all of a site's subdomains and survives a cleared localStorage.
 *
 * Claims are Web Locks: the browser gives them back when a tab dies, however it dies. Where there are none
 * (pages without TLS) a lease in storage does, renewed while the tab lives; the events of a tab that was
 * killed are then adopted a minute and a half later.
 */

import type { Storage, Undo } from '../core/ports.js';
import { readCookie, removeCookie, writeCookie } from './cookie.js';
import { listen } from './listen.js';

const LEASE_MS = 90_000;
const RENEW_MS = 25_000;

/** `mirrored`: the key that is kept in a cookie as well. */
export function webStorage(mirrored: string): Storage {
  const memory = new Map<string, string>();
  let local: globalThis.Storage | undefined;
  try {
    local = localStorage;
  } catch {
    // blocked by a setting or a sandbox: even the property throws
  }

  const storage: Storage = {
    get: (key) => memory.get(key) || local?.getItem(key) || (key === mirrored ? readCookie(key) : null),
    set(key, value) {
      if (key === mirrored) writeCookie(key, value);
      // other answers than before make those void that the site's servers may have been told; a receipt for them does not
      else if (/consent$/.test(key) && head(value) !== head(storage.get(key))) removeCookie(key);
      try {
        (local as globalThis.Storage).setItem(key, value);
        memory.delete(key);
        return true;
      } catch {
        // no storage, or over the quota: memory has it until the page goes
        memory.set(key, value);
        return false;
      }
    },
    remove(key) {
      local?.removeItem(key);
      memory.delete(key);
      if (key === mirrored) removeCookie(key);
    },
    keys: (prefix) => Object.keys(local || {}).filter((key) => key.startsWith(prefix)),
    watch: (key, changed) =>
      // a null key is clear(), which changed ours as well
      listen<StorageEvent>(window, 'storage', (event) => (event.key ?? key) === key && changed(event.newValue)),
    claim: async (name) => (navigator.locks ? await lock(name) : lease(storage, `${name}~`)),
  };
  return storage;
}

/** What a choice says, without what was added to it: of a stored list the first object. */
const head = (choice: string | null) => choice?.split('}')[0];

const lock = (name: string): Promise<Undo | null> =>
  new Promise((resolve, reject) => {
    navigator.locks
      .request(name, { ifAvailable: true }, (held) => held && new Promise<void>(resolve))
      // free, and not ours: somebody else's. A document that is going away or has an opaque origin may hold no lock
      .then(() => resolve(null), reject);
  });

function lease(storage: Storage, key: string): Undo | null {
  const left = Number(storage.get(key)) - Date.now();
  // one that is longer than any was made before the clock was set back
  if (left > 0 && left <= LEASE_MS) return null;
  const renew = () => storage.set(key, String(Date.now() + LEASE_MS));
  renew();
  const timer = setInterval(renew, RENEW_MS);
  return () => {
    clearInterval(timer);
    storage.remove(key);
  };
}
