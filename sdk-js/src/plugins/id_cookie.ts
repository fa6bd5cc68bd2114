/**
 * The id cookie, set by the collector's header as well: Safari keeps what a script writes for seven days, and what a server
 * of the same site sets for as long as it says. Not on by default, because it is a request of its own on each page.
 *
 *     firsthand.use(idCookie({ endpoint, writeKey }, firsthand));
 *
 * It is asked for only after a yes to analytics that was said here (a rule that allows without asking is not enough), a
 * moment after the page has begun. The collector must be of the same site as the page: `events.shop.example`
 * for `www.shop.example`, or a path of the page's own host. The cookie has the name, value, domain and end of the one that
 * the SDK writes, so a no takes it away like that one.
 */

import { domains, put, readCookie } from '../browser/cookie.js';
import { after, all } from '../browser/listen.js';
import type { Firsthand, Make } from '../browser/web.js';
import type { Undo } from '../core/ports.js';
import { agreed, saidYes } from './handoff.js';

const PROBE = 'fh.probe';
/** The id is made with the first event, and the page has better things to do at its start. */
const SOON_MS = 1_000;

export const idCookie: Make = (options = {}, web?: Firsthand) => ({
  name: 'id_cookie',
  install({ guarded, inside }) {
    const { endpoint = '', writeKey = '', cookieless } = options;
    if (!web || cookieless) return () => {};
    let asked: string | null = null;
    let cancel: Undo = () => {};

    const ask = guarded(() => {
      const anonymousId = web.getAnonymousId();
      const { preferences } = web.consent.get();
      if (!anonymousId || anonymousId === asked || !agreed(web) || !saidYes(inside)) return;
      const domain = widestDomain();
      // a cookie for one host alone can only be set by that host
      if (!domain && new URL(endpoint, location.href).hostname !== location.hostname) return;
      asked = anonymousId;
      const consent = { categoryPreferences: preferences };
      // without CORS: the answer is the browser's, and no script of any page may read it
      fetch(`${endpoint.replace(/\/+$/, '')}/v1/id`, {
        method: 'POST',
        mode: 'no-cors',
        credentials: 'include',
        referrerPolicy: 'strict-origin',
        body: JSON.stringify({ writeKey, anonymousId, domain, consent }),
      }).catch(() => {
        // offline or blocked: the script's own cookie is there, for as long as the browser keeps it
      });
    });
    const soon = () => {
      cancel();
      cancel = after(SOON_MS, ask);
    };
    soon();
    return all([web.consent.onChange(soon), () => cancel()]);
  },
});

/** The first of them that takes a cookie, `shop.example`; empty where it is this host alone, or nothing is taken. */
function widestDomain(): string {
  const found = domains().find((domain) => {
    put(PROBE, '1', Date.now() + 10_000, domain);
    const taken = readCookie(PROBE) === '1';
    put(PROBE, '', 0, domain);
    return taken;
  });
  return (found || '').replace('; Domain=', '');
}
