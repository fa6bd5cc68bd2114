/** One `$download` for each file that is fetched by a link: marked as one, or by the ending of its name. */

import type { Make } from '../browser/web.js';
import { cleanUrl } from '../core/scrub.js';
import { onLink } from './links.js';

const FILE =
  /\.(7z|apk|avi|csv|dmg|docx?|epub|exe|gz|ics|jar|json|mov|mp[34]|msi|od[pst]|pdf|pkg|pptx?|rar|rtf|tar|tgz|txt|wav|wmv|xlsx?|xml|zip)$/i;

export const download: Make = () => ({
  name: 'download',
  install: (api) =>
    onLink(api, (link) => {
      const [, extension] = FILE.exec(link.pathname) || [];
      if (extension || link.hasAttribute('download')) {
        api.track('$download', { extension: extension?.toLowerCase(), href: cleanUrl(link.href, api.queryParams) });
      }
    }),
});
