/**
 * First-party cookies on the widest domain that takes them: the anonymous id, and for the site's own servers (by the part
 * `consent_cookie`) the purposes that were granted. Each dies when what it says does, however often it is written: the id 13
 * months after it was minted, a choice when its first grant runs out. What has no cookies (sandboxed frames) throws; there
 * the id is in storage or in memory only.
 */

import { bornAt, LIFETIME_MS } from '../core/identity.js';

export function readCookie(key: string): string | null {
  try {
    return (`; ${document.cookie};`.split(`; ${key}=`)[1] || '').split(';')[0] || null;
  } catch {
    return null; // see above
  }
}

/** `expires` in ms; by itself, when the id that it holds does. */
export function writeCookie(key: string, value: string, expires = bornAt(value) + LIFETIME_MS): void {
  // each look asks another process, and waits for it
  if (readCookie(key) !== value)
    domains().some((domain) => {
      put(key, value, expires, domain);
      return readCookie(key) === value;
    });
}

/** From every domain it may ever have been put on. */
export function removeCookie(key: string): void {
  for (const domain of domains()) put(key, '', 0, domain);
}

/** From the widest to this host alone: `shop.example`, `www.shop.example`, none. A public suffix takes no cookie. */
export function domains(): string[] {
  const labels = location.hostname.split('.');
  return [...labels.slice(1).map((_, i) => `; Domain=${labels.slice(-2 - i).join('.')}`), ''];
}

export function put(key: string, value: string, expires: number, domain: string): void {
  const secure = location.protocol === 'https:' ? '; Secure' : '';
  const until = new Date(expires).toUTCString();
  try {
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is asynchronous, and a page may die first
    document.cookie = `${key}=${value}; Path=/; Expires=${until}; SameSite=Lax${secure}${domain}`;
  } catch {
    // see above
  }
}
