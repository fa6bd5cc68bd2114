/**
 * A client over the platform: the core, its ports, the plugins, and what only a mini-program has.
 *
 * Hiding. The core sends what it can at once when a page leaves, several requests if need be. Here requests under way live
 * on for 5 seconds and no more than one should run, so hiding is an ordinary flush of that length: one batch
 * after the other, each kept until it is confirmed, and what fails is sent again when the mini-program is back.
 */

import type { Client, ClientOptions } from '../../sdk-js/src/core/api.js';
import { createClient } from '../../sdk-js/src/core/client.js';
import type { Plugin } from '../../sdk-js/src/core/plugin.js';
import { type Asked, createAsked, type Pseudonyms } from './collector.js';
import { createFacts } from './context.js';
import { createFront } from './front.js';
import { getHooks, type Hooks } from './hooks.js';
import type { Host } from './host.js';
import { createHttp } from './http.js';
import { createNet } from './network.js';
import { PLUGINS } from './plugins/index.js';
import { createPrivacy, type Privacy } from './privacy.js';
import { createShares } from './shares.js';
import { createStorage } from './storage.js';
import { VERSION } from './version.js';
import { createViews } from './views.js';

export interface InitOptions extends Omit<ClientOptions, 'library' | 'log'> {
  /** Switches plugins by name: `{ taps: false, errors: true }`; `false` switches all off. */
  autotrack?: Readonly<Record<string, boolean>> | false;
  /** Plugins of your own. */
  plugins?: readonly Plugin[];
  /** Titles of pages by path, `{ '/pages/cart/cart': '购物车' }`: WeChat has no way to read them. */
  titles?: Readonly<Record<string, string>>;
  /** Shared cards carry a token that counts how often they were passed on; it names nobody. */
  shareTracking?: boolean;
}

export interface Firsthand extends Omit<Client, 'replay'> {
  readonly version: string;
  privacy: Privacy;
  /**
   * `wx.login`, and the collector exchanges the code. Gives the pseudonyms, and tells events from here on whose they are unless
   * the app has said so itself. Null without consent, or if WeChat or the collector refused.
   */
  login(): Promise<Pseudonyms | null>;
  webViewUrl: Asked['webViewUrl'];
  /** Looks for exposure nodes of a page or component, now. */
  observe(component: object): void;
}

const FLUSH_HIDDEN_MS = 4_500;
const QUEUE_BYTES = 1024 * 1024;

export function createMiniprogram(options: InitOptions): Firsthand & Pick<Client, 'replay'> {
  const { writeKey, endpoint, autotrack = {}, plugins = [] } = options;
  const queryParams = (options.queryParams || []).map((name) => name.toLowerCase());
  const now = () => Date.now();
  const log = (...parts: unknown[]) => console.debug('firsthand', ...parts);
  const hints: Record<string, boolean> = {};
  const hint = (message: string) => {
    if (!hints[message]) console.warn(`firsthand: ${message}`);
    hints[message] = true;
  };
  const hooks = (): Hooks => getHooks((error) => hint(`an options object was left as it is: ${error}`));

  const front = createFront(hooks, now);
  const net = createNet(front, now);
  const http = createHttp(hint);
  const views = createViews(front, hooks, now);
  const storage = createStorage(`fh.${writeKey}.`, () => front.hiddenAt() !== null);
  const client = createClient(
    {
      storage,
      http,
      clock: {
        now,
        after(ms, run) {
          const timer = setTimeout(run, ms);
          return () => clearTimeout(timer);
        },
      },
      // wx.getRandomValues is asynchronous; an id must be there before the page is gone
      random: {
        next: Math.random,
        bytes: (count) => Uint8Array.from({ length: count }, () => Math.floor(Math.random() * 256)),
      },
      lifecycle: net,
      facts: createFacts(net.kind, queryParams),
      gpc: () => false,
    },
    {
      maxQueueBytes: QUEUE_BYTES,
      ...options,
      queryParams,
      library: { name: '@firsthand/miniprogram', version: VERSION },
      log,
    },
  );
  const allowed = () => {
    const { decisions, preferences } = client.consent.get();
    return decisions.analytics === 'allow' ? preferences || {} : null;
  };
  const asked = createAsked({
    ...{ http, endpoint, writeKey, allowed },
    anonymousId: client.getAnonymousId,
    report: log,
  });
  const shares = createShares(!!options.shareTracking, asked.share);

  front.onHide(() => {
    storage.flush();
    void client.flush(FLUSH_HIDDEN_MS);
  });
  const host: Host = {
    ...{ front, views, hooks, titles: options.titles || {} },
    shareOf: shares.of,
    nextShare: shares.next,
    observe: () => {},
  };
  for (const { make, isDefault } of PLUGINS) {
    const plugin = make(host);
    const said = autotrack && autotrack[plugin.name];
    if (autotrack && (said === undefined ? isDefault : said)) client.use(plugin);
  }
  plugins.map(client.use);
  views.start();

  const opened = () => {
    if (!allowed()) return;
    net.open();
    shares.prepare();
  };
  client.consent.onChange(opened);
  opened();

  let isNamed = false;
  return {
    ...client,
    version: VERSION,
    identify(...call) {
      isNamed = true;
      client.identify(...call);
    },
    reset() {
      isNamed = false;
      client.reset();
    },
    privacy: createPrivacy(client.consent.set),
    login: () =>
      asked.login().then((who) => {
        // who the app itself has named keeps that name
        if (who && !isNamed) client.identify(who.openid, who.unionid ? { wechatUnionid: who.unionid } : {});
        return who;
      }),
    webViewUrl: asked.webViewUrl,
    observe: (component) => host.observe(component),
    close() {
      client.close();
      views.close();
      net.close();
      front.close();
      storage.flush();
      delete hooks().clients[writeKey];
    },
  };
}
