/**
 * The script tag: `<script async src="https://collector/sdk.js" data-write-key="…"></script>`. Options are
 * `data-` attributes; calls that an inline stub has collected are replayed. A second load joins the first.
 */

import { PLUGINS } from '../plugins/index.js';
import type { Waiting } from './snippet.js';
import { createWeb, type Firsthand, type InitOptions } from './web.js';

type Host = Window & { firsthand?: Partial<Firsthand> & { q?: Waiting[] } };

/** Options from the tag, or null when it names no write key and the page calls `init` itself. */
export function optionsOf(script: HTMLScriptElement | null): InitOptions | null {
  const data = script?.dataset;
  if (!script || !data?.writeKey) return null;
  const options: InitOptions = {
    writeKey: data.writeKey,
    endpoint: data.endpoint || new URL(script.src, location.href).origin,
    debug: data.debug !== undefined && data.debug !== 'false',
  };
  // an unknown mode is passed on: the gate treats it as the strictest
  if (data.consentMode) options.consentMode = data.consentMode as NonNullable<InitOptions['consentMode']>;
  if (data.queryParams) options.queryParams = data.queryParams.split(/[\s,]+/).filter(Boolean);
  return options;
}

export function start(host: Host, script: HTMLScriptElement | null): void {
  const present = host.firsthand;
  if (present?.version) return;
  const web = createWeb(PLUGINS);
  host.firsthand = web;
  const options = optionsOf(script);
  if (options) web.init(options);
  if (present?.q) web.adopt(present.q);
}

start(window, document.currentScript as HTMLScriptElement | null);
