/**
 * A client over the platform: the core, its ports, the plugins, and what only a mini-program has.
 *
 * Hiding. The core sends what it can at once when a page leaves, several requests if need be. Here requests under way live
 * on for 5 seconds and no more than one should run, so hiding is an ordinary flush of that length: one batch
 * after the other, each kept until it is confirmed, and what fails is sent again when the mini-program is back.
 */

import { createAlone } from '../../sdk-js/src/core/alone.js';
import type { Client, ClientOptions } from '../../sdk-js/src/core/api.js';
import { createClient } from '../../sdk-js/src/core/client.js';
import type { Plugin } from '../../sdk-js/src/core/plugin.js';
import type { Undo } from '../../sdk-js/src/core/ports.js';
import { createDevice, createFacts } from './context.js';
import { createFront } from './front.js';
import { getHooks } from './hooks.js';
import type { Host, MakePlugin } from './host.js';
import { createHttp } from './http.js';
import { undoing } from './listen.js';
import { createNet } from './network.js';
import { PLUGINS } from './plugins/index.js';
import { createStorage } from './storage.js';
import { VERSION } from './version.js';
import { createViews } from './views.js';

export interface InitOptions extends Omit<ClientOptions, 'library' | 'log'> {
  /** Switches plugins off by name: `{ taps: false }`; `false` switches all off. */
  autotrack?: Readonly<Record<string, boolean>> | false;
  /** Further plugins: those of `plugins.js`, and your own. */
  plugins?: readonly (Plugin | MakePlugin)[];
  /** Titles of pages by path, `{ '/pages/cart/cart': '购物车' }`: WeChat has no way to read them. */
  titles?: Readonly<Record<string, string>>;
}

export interface Firsthand extends Omit<Client, 'replay'> {
  readonly version: string;
}

const FLUSH_HIDDEN_MS = 4_500;
const QUEUE_BYTES = 1024 * 1024;

export function createMiniprogram(options: InitOptions): Firsthand & Pick<Client, 'replay'> {
  const { writeKey, endpoint, autotrack = {}, plugins = [] } = options;
  const queryParams = (options.queryParams || []).map((name) => name.toLowerCase());
  const now = () => Date.now();
  let hinted = '';
  const hint = (message: string) => {
    if (hinted !== message) console.warn(`firsthand: ${message}`);
    hinted = message;
  };

  const offs: Undo[] = [];
  const front = createFront(now, offs);
  const net = createNet(front, now, offs);
  const views = createViews(front, getHooks, now, offs);
  const storage = createStorage(`fh.${writeKey}.`, () => front.hiddenAt() > 0);
  const client = createClient(
    {
      storage,
      http: createHttp(hint),
      clock: {
        now,
        after(ms, run) {
          const timer = setTimeout(run, ms);
          return () => clearTimeout(timer);
        },
      },
      // wx.getRandomValues is asynchronous; an id must be there before the page is gone
      random: { next: Math.random, bytes: (count) => new Uint8Array(count).map(() => Math.random() * 256) },
      lifecycle: net,
      facts: createFacts(queryParams),
      device: createDevice(net.kind),
      gpc: () => false,
      tabs: createAlone,
    },
    {
      maxQueueBytes: QUEUE_BYTES,
      ...options,
      queryParams,
      library: { name: '@firsthand/miniprogram', version: VERSION },
      log: (...parts) => console.debug('firsthand', parts),
    },
  );
  const close = undoing(offs);
  const made = {
    ...client,
    version: VERSION,
    close() {
      client.close();
      close();
      storage.flush();
      delete getHooks().clients[writeKey];
    },
  };

  front.onHide(() => {
    storage.flush();
    void client.flush(FLUSH_HIDDEN_MS);
  });
  const host: Host = {
    front,
    views,
    client,
    endpoint,
    writeKey,
    hint,
    hooks: getHooks,
    titles: options.titles || {},
    extend: (verbs) => Object.assign(made, verbs),
  };
  const use = (plugin: Plugin | MakePlugin) => client.use(typeof plugin === 'function' ? plugin(host) : plugin);
  for (const make of PLUGINS) {
    const plugin = make(host);
    if (autotrack && autotrack[plugin.name] !== false) use(plugin);
  }
  plugins.forEach(use);
  views.start();

  const opened = () => {
    if (client.consent.get().decisions.analytics === 'allow') net.open();
  };
  client.consent.onChange(opened);
  opened();
  return made;
}
