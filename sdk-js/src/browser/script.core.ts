/** The smallest script tag: page views, the time on them, clicks, and the consent mode the page says. `firsthand.core.js`. */

import { CORE_PLUGINS } from '../plugins/index.js';
import { start } from './script.js';

start(window as never, document.currentScript as HTMLScriptElement | null, CORE_PLUGINS);
