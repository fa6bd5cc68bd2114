/** One `$outbound` for each link to another host that is followed: where to, without what may identify a person. */

import type { Make } from '../browser/web.js';
import { cleanUrl } from '../core/scrub.js';
import { onLink } from './links.js';

export const outbound: Make = () => ({
  name: 'outbound',
  install: (api) =>
    onLink(api, ({ host, href }) => {
      if (host !== location.host) api.track('$outbound', { host, href: cleanUrl(href, api.queryParams) });
    }),
});
