/** What `require('./firsthand.js')` gives. Written out, because a bundler's own way of exporting costs half a kilobyte. */

import { firsthand, init, VERSION } from './index.js';

declare const module: { exports: unknown };

module.exports = { init, firsthand, VERSION };
