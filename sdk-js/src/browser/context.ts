/** The facts of a web page at one moment, scrubbed. Reads what the page shows, never what the device stores. */

import type { Facts } from '../core/protocol.js';
import { cleanPage, cleanText } from '../core/scrub.js';

interface WebNavigator extends Navigator {
  globalPrivacyControl?: boolean;
  connection?: { effectiveType?: string };
}

export const webGpc = (): boolean => (navigator as WebNavigator).globalPrivacyControl === true;

/** Where the page is; with routes in the fragment (`#/cart`, `#!/cart`) they count as its path. */
export const address = (byHash?: boolean) =>
  byHash ? location.href.replace(/\/?#!?/, '') : (location.href.split('#')[0] as string);

/**
 * What the device is is looked up once (asking for the time zone costs more than all the rest), where the page is each
 * time. The campaign is in the page's address (utm_*), where the collector reads it.
 */
export function webFacts(
  queryParams: readonly string[],
  byHash?: boolean,
  more: { context?: Facts | undefined } = {},
): () => Facts {
  const { width, height } = screen;
  const device = {
    locale: navigator.language,
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    screen: { width, height, density: devicePixelRatio },
  };
  return () => {
    const page = cleanPage(address(byHash), document.referrer, location.host, queryParams);
    page.title = cleanText(document.title);
    return {
      page,
      ...device,
      viewport: { width: innerWidth, height: innerHeight },
      network: (navigator as WebNavigator).connection?.effectiveType,
      gpc: webGpc() || undefined,
      ...more.context,
    };
  };
}
