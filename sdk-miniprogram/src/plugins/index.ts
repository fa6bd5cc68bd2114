/** The autotrack plugins that are on by default. To add one: a file here and a line below; `autotrack` switches them. */

import type { MakePlugin } from '../host.js';
import { lifecycle } from './lifecycle.js';
import { pages } from './pages.js';
import { session } from './session.js';
import { share } from './share.js';
import { taps } from './taps.js';

/** In the order of installation, the reverse of the order in which they hear that the mini-program is hidden. */
export const PLUGINS: readonly MakePlugin[] = [session, lifecycle, pages, taps, share];
