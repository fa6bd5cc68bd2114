/** The autotrack plugins that are on by default. To add one: a file here and a line below. */

import type { Make } from '../browser/web.js';
import { clicks } from './clicks.js';
import { pageLeave } from './page_leave.js';
import { pageview } from './pageview.js';

/** Of `firsthand.core.js`. */
export const CORE_PLUGINS: readonly Make[] = [pageview, pageLeave, clicks];
/** Of `firsthand.js`. */
export const PLUGINS: readonly Make[] = [pageview, pageLeave, clicks];
export { clicks, pageLeave, pageview };
