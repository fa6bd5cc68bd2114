/** What `require('./plugins.js')` gives. */

import { createPrivacy, errors, exposure, frameworks, remote, updates, wechat } from './index.js';

declare const module: { exports: unknown };

module.exports = { createPrivacy, errors, exposure, frameworks, remote, updates, wechat };
