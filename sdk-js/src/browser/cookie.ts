/**
 * Two first-party cookies, on the widest domain that takes them: the anonymous id, and for the site's own servers the
 * purposes that were granted. Each dies when what it says does, however often it is written: the id 13 months after
 * it was minted, a choice when its first grant runs out. What has no cookies (sandboxed frames) throws; there the id is
 * in storage or in memory only.
 */

import type { Answer } from '../core/gate.js';
import { bornAt, DAY_MS, LIFETIME_DAYS, LIFETIME_MS } from '../core/identity.js';
import type { Published } from '../core/ports.js';
import { NECESSARY } from '../core/protocol.js';

const PROBE = 'fh.probe';

export function readCookie(key: string): string | null {
  try {
    return (`; ${document.cookie};`.split(`; ${key}=`)[1] || '').split(';')[0] || null;
  } catch {
    return null; // see above
  }
}

/** `expires` in ms; by itself, when the id that it holds does. */
export function writeCookie(key: string, value: string, expires = bornAt(value) + LIFETIME_MS): void {
  domains().some((domain) => {
    if (readCookie(key) !== value) put(key, value, expires, domain);
    return readCookie(key) === value;
  });
}

/** From every domain it may ever have been put on. */
export function removeCookie(key: string): void {
  for (const domain of domains()) put(key, '', 0, domain);
}

/**
 * Keeps the cookie by which the site's servers see the choice: the purposes granted by name that may be used now, with a
 * dot between, which no name of a policy holds. Nothing granted, no cookie. Where no choice is known it is left alone:
 * another host of this site may know one.
 */
export function consentCookie(key: string, cookieless?: boolean): (gate: Omit<Published, 'mayStore'>) => void {
  let end = 0;
  return ({ answers, judge, policy, preferences }) => {
    if (!preferences()) return;
    const granted: string[] = [];
    let until = Number.POSITIVE_INFINITY;
    for (const [purpose, answer] of Object.entries(answers())) {
      const [yes, at] = [answer].flat() as Answer;
      if (
        cookieless ||
        yes !== true ||
        purpose === NECESSARY ||
        judge(purpose) !== 'allow' ||
        !/^[\w-]+$/.test(purpose)
      )
        continue;
      granted.push(purpose);
      const rule = policy().purposes?.find(({ id }) => id === purpose);
      until = Math.min(until, at + (rule?.ttlDays || LIFETIME_DAYS) * DAY_MS);
    }
    const value = until > Date.now() ? granted.join('.') : '';
    const there = readCookie(key) || '';
    // a policy that arrives may know an earlier end than the one this page has written
    if (there === value && (!end || end === until)) return;
    if (there) removeCookie(key);
    if (value) writeCookie(key, value, until);
    end = until;
  };
}

/** From the widest to this host alone: `shop.example`, `www.shop.example`, none. A public suffix takes no cookie. */
function domains(): string[] {
  const labels = location.hostname.split('.');
  return [...labels.slice(1).map((_, i) => `; Domain=${labels.slice(-2 - i).join('.')}`), ''];
}

/** The first of them that takes a cookie, `shop.example`; empty where it is this host alone, or nothing is taken. */
export function widestDomain(): string {
  const found = domains().find((domain) => {
    put(PROBE, '1', Date.now() + 10_000, domain);
    const taken = readCookie(PROBE) === '1';
    put(PROBE, '', 0, domain);
    return taken;
  });
  return (found || '').replace('; Domain=', '');
}

function put(key: string, value: string, expires: number, domain: string): void {
  const secure = location.protocol === 'https:' ? '; Secure' : '';
  const until = new Date(expires).toUTCString();
  try {
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is asynchronous, and a page may die first
    document.cookie = `${key}=${value}; Path=/; Expires=${until}; SameSite=Lax${secure}${domain}`;
  } catch {
    // see above
  }
}
