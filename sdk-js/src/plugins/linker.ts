/**
 * One visitor over several domains of one owner: a link to one of `linkDomains` carries a token, and the page there goes
 * on with this page's anonymous id.
 *
 *     firsthand.use(linker({ endpoint, writeKey, linkDomains: ['shop.example'] }, firsthand));
 *
 * By script tag `data-extras="linker" data-link-domains="shop.example shop.de"`, on both sites.
 *
 * The address never carries the id. It carries a token of the collector (`fh_handoff`, the one that a mini-program hands
 * to its web-view), good once and for at most a minute; `handoff.ts` takes it out of the address on arrival. Both sides ask
 * first: no token is made without consent for analytics here, and none is exchanged without it there; the
 * collector asks the same again.
 *
 * A token has to be there when the link is followed, because a click does not wait. So it is fetched when somebody is
 * about to: the pointer is over the link, a finger or the focus is on it. The link says it only while the click is on its
 * way, so that a copied or shared address has none. Who clicks faster than the collector answers arrives as a new visitor.
 */

import { all, listen } from '../browser/listen.js';
import { type Firsthand, type Make, names } from '../browser/web.js';
import { pathOf } from './element.js';
import { agreed, handoff } from './handoff.js';

/** Less than the collector's minute: the page still has to be loaded. */
const FRESH_MS = 40_000;
const RETRY_MS = 1_000;

/** Is `host` one of `domains`, or below one? */
export const within = (host: string, domains: readonly string[]) =>
  domains.some((domain) => domain && (host === domain || host.endsWith(`.${domain}`)));

/** `href` with the token as its last parameter, before the fragment. */
export function decorate(href: string, token: string): string {
  const [address = '', ...fragment] = href.split('#');
  const joined = `${address}${address.includes('?') ? '&' : '?'}fh_handoff=${token}`;
  return [joined, ...fragment].join('#');
}

export const linker: Make = (options = {}, web?: Firsthand) => ({
  name: 'linker',
  install({ guarded, now }) {
    const { endpoint = '', writeKey = '', linkDomains } = options;
    const domains = (Array.isArray(linkDomains) ? linkDomains : names(linkDomains)).map((name) => name.toLowerCase());
    if (!web) return () => {};
    void handoff(web, { endpoint, writeKey });
    let token: { text: string; at: number; id: string } | null = null;
    let askedAt = Number.NEGATIVE_INFINITY;

    /** The link that an event is about, if it leads to one of the other domains. */
    function linkOf(event: Event): HTMLAnchorElement | undefined {
      const path = pathOf(event);
      const link = path.find((element) => element.matches('a[href]')) as HTMLAnchorElement | undefined;
      const leads = link && /^https?:$/.test(link.protocol) && link.host !== location.host;
      return leads && within(link.hostname.toLowerCase(), domains) ? link : undefined;
    }
    /** One that is still good, and is about who the visitor is now. */
    function ready(): string | undefined {
      const good = token && now() - token.at < FRESH_MS && token.id === web?.getAnonymousId() && agreed(web);
      return good ? token?.text : undefined;
    }
    async function fetchOne(anonymousId: string): Promise<void> {
      const at = now();
      const { preferences } = (web as Firsthand).consent.get();
      try {
        const answer = await fetch(`${endpoint.replace(/\/+$/, '')}/v1/wechat/handoff`, {
          method: 'POST',
          credentials: 'omit',
          body: JSON.stringify({ writeKey, anonymousId, consent: { categoryPreferences: preferences || {} } }),
        });
        const { token: text } = answer.ok ? await answer.json() : {};
        if (typeof text === 'string') token = { text, at, id: anonymousId };
      } catch {
        // offline or blocked: the link works as it is
      }
    }
    const near = guarded((event: Event) => {
      const id = web.getAnonymousId();
      if (!linkOf(event) || !id || !agreed(web) || ready() || now() - askedAt < RETRY_MS) return;
      askedAt = now();
      void fetchOne(id);
    });
    const followed = guarded((event: MouseEvent) => {
      const link = linkOf(event);
      const text = ready();
      if (!link || !text || event.button > 1) return;
      token = null; // once
      askedAt = Number.NEGATIVE_INFINITY;
      const href = link.getAttribute('href') as string;
      link.href = decorate(link.href, text);
      // the browser reads the address after the last listener and before the next task
      setTimeout(() => link.setAttribute('href', href));
    });
    return all([
      ...['pointerover', 'pointerdown', 'touchstart', 'focusin'].map((type) => listen(document, type, near, true)),
      // after the page's own listeners, so that none of them reads or keeps the token
      listen(window, 'click', followed),
      listen(window, 'auxclick', followed),
    ]);
  },
});
