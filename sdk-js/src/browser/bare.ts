/** The web SDK without any plugin: `firsthand.use(pageview())` adds what a site wants, and only that is bundled. */

import { remote } from '../core/remote.js';
import { webGet } from './http.js';
import { createWeb, type Firsthand } from './web.js';

export type { Plugin, PluginApi } from '../core/plugin.js';
export type { Firsthand, InitOptions } from './web.js';

export const firsthand: Firsthand = createWeb([], () => remote(webGet));
