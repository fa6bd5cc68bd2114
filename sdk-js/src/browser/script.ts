/**
 * The script tag: `<script async src="https://collector/sdk.js" data-write-key="…"></script>`. Options are
 * `data-` attributes; calls that an inline stub has collected are replayed. A second load joins the first.
 */

import { PLUGINS } from '../plugins/index.js';
import type { Waiting } from './snippet.js';
import { createWeb, type Firsthand, type InitOptions } from './web.js';

type Host = { firsthand?: Partial<Firsthand> & { q?: Waiting[] } };

/** A tag without a write key leaves `init` to the page. An unknown mode is passed on: the gate takes it as the strictest. */
export function optionsOf({ src, dataset }: HTMLScriptElement): InitOptions | null {
  const { writeKey, endpoint, consentMode, queryParams, debug } = dataset;
  if (!writeKey) return null;
  return {
    writeKey,
    endpoint: endpoint || (src && new URL(src).origin),
    debug: debug !== undefined && debug !== 'false',
    queryParams: (queryParams || '').split(/[\s,]+/),
    ...(consentMode && { consentMode }),
  } as InitOptions;
}

export function start(host: Host, script: HTMLScriptElement | null): void {
  const present = host.firsthand || {};
  if (present.version) return;
  const web = createWeb(PLUGINS);
  host.firsthand = web;
  const options = script && optionsOf(script);
  if (options) web.init(options);
  web.adopt(present.q || []);
}

start(window as Host, document.currentScript as HTMLScriptElement | null);
