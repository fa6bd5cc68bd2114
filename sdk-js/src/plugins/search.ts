/**
 * One `$search` for each page whose address holds a search of the site's own: by which parameter, and for what, if
 * that is short and holds nothing like a person's data.
 */

import type { Make } from '../browser/web.js';
import { isPlain } from '../core/scrub.js';
import { onRoute } from './route.js';

const PARAMS = ['q', 's', 'query', 'search', 'keyword', 'keywords', 'wd'];
const MAX_TERM = 80;

export const search: Make = ({ hashRouting } = {}) => ({
  name: 'search',
  install({ track, guarded }) {
    let last = '';
    const look = guarded(() => {
      const params = new URLSearchParams(location.search || location.hash.split('?')[1]);
      const param = PARAMS.find((name) => params.get(name));
      const term = (param ? (params.get(param) as string) : '').trim();
      if (term && term !== last) {
        track('$search', { param, term: term.length <= MAX_TERM && isPlain(term) ? term : undefined });
      }
      last = term;
    });
    look();
    return onRoute(hashRouting, look);
  },
});
