/** The autotrack plugins. To add one: a file here and a line below; `autotrack` of `init` switches them by name. */

import type { Plugin } from '../../../sdk-js/src/core/plugin.js';
import type { Host } from '../host.js';
import { errors } from './errors.js';
import { exposure } from './exposure.js';
import { lifecycle } from './lifecycle.js';
import { pages } from './pages.js';
import { share } from './share.js';
import { taps } from './taps.js';
import { updates } from './updates.js';

/** In the order of installation, which is the order in which they hear that the mini-program is hidden. */
export const PLUGINS: readonly { make: (host: Host) => Plugin; isDefault: boolean }[] = [
  { make: lifecycle, isDefault: true },
  { make: pages, isDefault: true },
  { make: taps, isDefault: true },
  { make: share, isDefault: true },
  { make: exposure, isDefault: true },
  { make: errors, isDefault: false },
  { make: updates, isDefault: false },
];
