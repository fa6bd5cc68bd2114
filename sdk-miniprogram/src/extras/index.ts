/** Plugins that are not on by default, in a file of their own (`plugins.js`). To add one: a file here and a line below. */

import { createPrivacy } from './privacy.js';

export { errors } from './errors.js';
export { exposure } from './exposure.js';
export { type FrameworkOptions, type FrameworkVerbs, frameworks } from './frameworks.js';
export { remote } from './remote.js';
export { updates } from './updates.js';
export { type WeChatOptions, type WeChatVerbs, wechat } from './wechat.js';
export { createPrivacy };
