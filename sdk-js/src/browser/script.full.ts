/** The script tag with everything that is on by default. `firsthand.js`. */

import { remote } from '../core/remote.js';
import { PLUGINS } from '../plugins/index.js';
import { webGet } from './http.js';
import { start } from './script.js';

start(window as never, document.currentScript as HTMLScriptElement | null, PLUGINS, () => remote(webGet));
