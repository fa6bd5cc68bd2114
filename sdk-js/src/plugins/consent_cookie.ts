/**
 * Tells the site's own servers what was agreed to, by a cookie: `firsthand.use(consentCookie(options, firsthand))`, or by
 * script tag `data-extras="consent_cookie"`. What the Python middlewares (`firsthand.integrations`) read. Not on by
 * default, because most sites have no server that asks.
 *
 * The purposes granted by name that may be used now, with a dot between, which no name of a policy holds. Nothing granted, no
 * cookie. Where no choice is known it is left alone: another host of this site may know one. A page without
 * this takes the cookie away with the next choice, so that none ever says more than the person did last.
 */

import { readCookie, removeCookie, writeCookie } from '../browser/cookie.js';
import type { Make } from '../browser/web.js';
import { type Answer, type Gate, GRANT_DAYS } from '../core/gate.js';
import { DAY_MS } from '../core/identity.js';
import { NECESSARY } from '../core/protocol.js';

type Published = Pick<Gate<never>, 'answers' | 'judge' | 'preferences'>;

/** Writes the cookie `key` when it is called, if that says something new. */
export function consentTeller(key: string, gate: Published, cookieless?: boolean): () => void {
  let end = 0;
  return () => {
    if (!gate.preferences()) return;
    const granted: string[] = [];
    let until = Number.POSITIVE_INFINITY;
    for (const [purpose, answer] of Object.entries(gate.answers())) {
      const [yes, at, , days] = [answer].flat() as Answer;
      if (cookieless || yes !== true || purpose === NECESSARY || gate.judge(purpose) !== 'allow') continue;
      if (!/^[\w-]+$/.test(purpose)) continue;
      granted.push(purpose);
      until = Math.min(until, at + (days || GRANT_DAYS) * DAY_MS);
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

export const consentCookie: Make = ({ cookieless } = {}, web) => ({
  name: 'consent_cookie',
  install({ inside, guarded }) {
    const tell = guarded(consentTeller(`${inside.prefix}consent`, inside.gate, cookieless));
    tell();
    return web?.consent.onChange(tell) || (() => {});
  },
});
