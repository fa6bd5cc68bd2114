/** The public entry: everything that is on by default. `@firsthand/web/bare` is the same without plugins. */

import { remote } from '../core/remote.js';
import { PLUGINS } from '../plugins/index.js';
import { webGet } from './http.js';
import { createWeb, type Firsthand } from './web.js';

export type { CallOptions, ConsentState, Report, Stats } from '../core/api.js';
export type { Problem } from '../core/guard.js';
export type { Plugin, PluginApi } from '../core/plugin.js';
export type { ConsentMode, Decision, Preferences, Properties } from '../core/protocol.js';
export { SNIPPET } from './snippet.js';
export type { Firsthand, InitOptions } from './web.js';

export const firsthand: Firsthand = createWeb(PLUGINS, () => remote(webGet));
