/**
 * The script tag: `<script async src="https://collector/sdk.js" data-write-key="…"></script>`. Options are
 * `data-` attributes; calls that an inline stub has collected are replayed. A second load joins the first.
 */

import type { Plugin } from '../core/plugin.js';
import type { Waiting } from './snippet.js';
import { VERSION } from './version.js';
import { createWeb, type Firsthand, type InitOptions, type Make, names } from './web.js';

type Host = { firsthand?: Partial<Firsthand> & { q?: Waiting[] } };

/**
 * Every attribute is an option: `data-flush-at="50"` is `{ flushAt: 50 }`, an empty one is `true`. Null without a
 * write key, which leaves `init` to the page. An unknown mode is passed on: the gate takes it as the strictest.
 */
export function optionsOf({ src, dataset }: HTMLScriptElement): InitOptions | null {
  if (!dataset.writeKey) return null;
  const options: Record<string, unknown> = { endpoint: src && new URL(src).origin };
  for (const [name, value] of Object.entries(dataset)) {
    options[name] = /^(true|false|\d{1,9})$/.test(value as string) ? JSON.parse(value as string) : value || true;
  }
  return options as unknown as InitOptions;
}

export function start(
  host: Host,
  script: HTMLScriptElement | null,
  plugins: readonly Make[],
  remote?: () => Plugin,
): void {
  const present = host.firsthand || {};
  // a stub answers to every name
  if (present.version && !present.q) return;
  const web = createWeb(plugins, remote);
  host.firsthand = web;
  const options = script && optionsOf(script);
  if (options) {
    if (location.search.includes('firsthand_debug')) {
      // `names` reads a list of lists too, and any list is a yes
      options.debug = options.extras = [options.extras, 'debug'] as never;
    }
    // a page's policy allows what comes from where this script came from, and an import needs no Trusted Type
    const load = async (list: string | undefined, then?: () => void) => {
      // whatever a page did to the language before this script came, it hears of no error of ours
      try {
        const parts = names(list).map(
          (name) =>
            name &&
            import(`${options.assets || `${options.endpoint}/sdk/${VERSION}`}/${name}.js`).then((part) =>
              web.use(part.default(options, web)),
            ),
        );
        if (list) await Promise.all(parts);
        then?.();
      } catch (error) {
        console.warn(error);
      }
    };
    // without what the page said must be there, nothing is recorded
    load(options.needs, () => {
      web.init(options);
      load(options.extras);
    });
  }
  web.adopt(present.q || []);
}
