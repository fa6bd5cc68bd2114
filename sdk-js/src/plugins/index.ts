/** The autotrack plugins that are on by default. To add one: a file here and a line below. */

import type { Make } from '../browser/web.js';
import { clicks } from './clicks.js';
import { deadClicks } from './dead_clicks.js';
import { download } from './download.js';
import { exposure } from './exposure.js';
import { forms } from './forms.js';
import { outbound } from './outbound.js';
import { pageLeave } from './page_leave.js';
import { pageview } from './pageview.js';
import { rageClicks } from './rage_clicks.js';
import { scroll } from './scroll.js';
import { search } from './search.js';

/** Of `firsthand.core.js`. */
export const CORE_PLUGINS: readonly Make[] = [pageview, pageLeave, clicks];
/** Of `firsthand.js` and of the module. */
export const PLUGINS: readonly Make[] = [
  pageview,
  pageLeave,
  clicks,
  forms,
  scroll,
  exposure,
  outbound,
  download,
  search,
  rageClicks,
  deadClicks,
];
export { clicks, deadClicks, download, exposure, forms, outbound, pageLeave, pageview, rageClicks, scroll, search };
