/** The autotrack plugins that are on by default. To add one: a file here and a line below. */

import type { Plugin } from '../core/plugin.js';
import { clicks } from './clicks.js';
import { pageview } from './pageview.js';

export const PLUGINS: readonly (() => Plugin)[] = [pageview, clicks];
export { clicks, pageview };
