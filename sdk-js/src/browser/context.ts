/** The facts of a web page at one moment, scrubbed. Reads what the page shows, never what the device stores. */

import type { Facts, Page } from '../core/protocol.js';
import { cleanPage, cleanText } from '../core/scrub.js';
import { soon } from './listen.js';

interface Newer {
  Temporal?: { Now: { timeZoneId(): string } };
}

/** By Temporal where there is one: a first date format loads tables for tens of milliseconds. */
const zone = () => (window as Newer).Temporal?.Now.timeZoneId() || Intl.DateTimeFormat().resolvedOptions().timeZone;

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
  let viewport: { width: number; height: number };
  let cleaned = '';
  const device = () => {
    const { width, height } = screen;
    known = { locale: navigator.language, timezone: zone(), screen: { width, height, density: devicePixelRatio } };
  };
  soon(device);
  return () => {
    if (!known) device();
    const { title } = document;
    // the size inside makes the browser lay the page out, in the middle of a click; from outside it is free
    const shown = [location.href, title, queryParams.length, outerWidth].join();
    if (shown !== cleaned) {
      page = { ...pageAt(address(byHash), document.referrer, queryParams), title: cleanText(title) };
      viewport = { width: innerWidth, height: innerHeight };
      cleaned = shown;
    }
    return {
      // a host's own hook may change what it is shown
      page: { ...page },
      ...known,
      viewport,
      network: (navigator as WebNavigator).connection?.effectiveType,
      gpc: webGpc() || undefined,
      ...more.context,
    };
  };
}
