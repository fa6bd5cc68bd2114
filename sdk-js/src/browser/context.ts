/** The facts of a web page at one moment, scrubbed. Reads what the page shows, never what the device stores. */

import type { Facts, Page } from '../core/protocol.js';
import { cleanPage, cleanText } from '../core/scrub.js';
import { soon } from './listen.js';

interface WebNavigator extends Navigator {
  globalPrivacyControl?: boolean;
  connection?: { effectiveType?: string };
}

export const webGpc = (): boolean => (navigator as WebNavigator).globalPrivacyControl === true;

/** Where the page is; with routes in the fragment (`#/cart`, `#!/cart`) they count as its path. */
export const address = (byHash?: boolean) =>
  byHash ? location.href.replace(/\/?#!?/, '') : (location.href.split('#')[0] as string);

/** A page of this host as `context.page` wants it, without what may identify a person. */
export const pageAt = (href: string, referrer: string, queryParams: readonly string[]): Page =>
  cleanPage(href, referrer, location.host, queryParams);

/**
 * What the device is is looked up once, in a task of its own (asking for the time zone costs more than all the rest); where
 * the page is when that has changed. The campaign is in the page's address (utm_*), where the collector reads it.
 */
export function webFacts(
  queryParams: readonly string[],
  byHash?: boolean,
  more: { context?: Facts | undefined } = {},
): () => Facts {
  let known: Facts | undefined;
  let page: Page = {};
  let cleaned = '';
  const device = () => {
    const { width, height } = screen;
    known ||= {
      locale: navigator.language,
      timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      screen: { width, height, density: devicePixelRatio },
    };
    return known;
  };
  soon(device);
  return () => {
    const { title, referrer } = document;
    const shown = [location.href, title, queryParams.length].join();
    if (shown !== cleaned) {
      page = { ...pageAt(address(byHash), referrer, queryParams), title: cleanText(title) };
      cleaned = shown;
    }
    return {
      // a host's own hook may change what it is shown
      page: { ...page },
      ...device(),
      viewport: { width: innerWidth, height: innerHeight },
      network: (navigator as WebNavigator).connection?.effectiveType,
      gpc: webGpc() || undefined,
      ...more.context,
    };
  };
}
