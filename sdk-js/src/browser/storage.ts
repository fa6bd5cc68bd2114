/**
 * The Storage port: localStorage, and memory where there is none (blocked, full, private modes that
 * throw). The anonymous id is mirrored to a first-party cookie on the widest domain that takes it, so that
 * it is the same on all of a site's subdomains and survives a cleared localStorage; the cookie dies 13
 * months after the id was minted.
 *
 * Claims are Web Locks: the browser gives them back when a tab dies, however it dies. Where there are none
 * (pages without TLS) a lease in storage does, renewed while the tab lives; a tab that was killed is then
 * adopted a minute and a half later.
 */

import { bornAt } from '../core/identity.js';
import type { Storage, Undo } from '../core/ports.js';
import { on } from './lifecycle.js';

const LIFETIME_S = 395 * 86_400;
const LEASE_MS = 90_000;
const RENEW_MS = 25_000;

export function webStorage(mirrored: (key: string) => boolean): Storage {
  const memory = new Map<string, string>();
  const local = available();

  const storage: Storage = {
    get(key) {
      const kept = local?.getItem(key) ?? memory.get(key) ?? null;
      return kept ?? (mirrored(key) ? readCookie(key) : null);
    },
    set(key, value) {
      if (mirrored(key)) writeCookie(key, value);
      try {
        if (local) {
          local.setItem(key, value);
          return true;
        }
      } catch {
        // over the quota: memory has it until the page goes
      }
      memory.set(key, value);
      return false;
    },
    remove(key) {
      local?.removeItem(key);
      memory.delete(key);
      if (mirrored(key)) for (const domain of domains()) setCookie(key, '', 0, domain);
    },
    keys: (prefix) => [...(local ? Object.keys(local) : []), ...memory.keys()].filter((key) => key.startsWith(prefix)),
    watch: (key, changed) =>
      on(window, 'storage', (event) => {
        // a null key is clear(), which changed ours as well
        const { key: theirs } = event as StorageEvent;
        if (theirs === key || theirs === null) changed();
      }),
    claim: (name) => (navigator.locks ? lock(name) : Promise.resolve(lease(storage, `${name}~`))),
  };
  return storage;
}

function available(): globalThis.Storage | null {
  try {
    return window.localStorage;
  } catch {
    return null; // blocked by a setting or a sandbox: even the property throws
  }
}

function lock(name: string): Promise<Undo | null> {
  return new Promise((resolve) => {
    navigator.locks
      .request(name, { ifAvailable: true }, (held) => {
        if (!held) return resolve(null);
        return new Promise<void>((release) => resolve(release));
      })
      // a document that is going away or has an opaque origin may hold no lock; then nobody adopts here
      .catch(() => resolve(null));
  });
}

function lease(storage: Storage, key: string): Undo | null {
  if (Number(storage.get(key)) > Date.now()) return null;
  const renew = () => storage.set(key, String(Date.now() + LEASE_MS));
  renew();
  const timer = setInterval(renew, RENEW_MS);
  return () => {
    clearInterval(timer);
    storage.remove(key);
  };
}

function readCookie(key: string): string | null {
  const name = `${key}=`;
  const found = cookies()
    .split('; ')
    .find((cookie) => cookie.startsWith(name));
  return found ? found.slice(name.length) : null;
}

function writeCookie(key: string, value: string): void {
  const age = LIFETIME_S - Math.floor((Date.now() - bornAt(value)) / 1_000);
  if (readCookie(key) === value || !(age > 0)) return;
  for (const domain of domains()) {
    setCookie(key, value, age, domain);
    if (readCookie(key) === value) return;
  }
}

/** From the widest to this host alone: `shop.example`, `www.shop.example`, ''. A public suffix takes none. */
function domains(): string[] {
  const labels = location.hostname.split('.');
  if (labels.length < 2 || /^[\d.]+$/.test(location.hostname)) return [''];
  return [...labels.slice(1).map((_, i) => labels.slice(labels.length - 2 - i).join('.')), ''];
}

function setCookie(key: string, value: string, age: number, domain: string): void {
  const secure = location.protocol === 'https:' ? '; Secure' : '';
  const scope = domain ? `; Domain=${domain}` : '';
  try {
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is asynchronous, and a page may die first
    document.cookie = `${key}=${value}; Path=/; Max-Age=${age}; SameSite=Lax${secure}${scope}`;
  } catch {
    // a sandboxed frame has no cookies; localStorage or memory has the id
  }
}

function cookies(): string {
  try {
    return document.cookie;
  } catch {
    return ''; // as above
  }
}
