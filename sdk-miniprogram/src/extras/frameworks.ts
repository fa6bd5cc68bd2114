/**
 * What frameworks make of a handler, seen in what their compilers write (`examples/miniprogram-*`):
 *
 *   Taro              every event goes to `eh`; `data-*` never reaches WeChat, the node only says its number (`sid`). Taro's own
 *                     `document` knows the rest, so the app hands it in.
 *   uni-app (Vue 2)   every event goes to `__e`; the dataset says `[["tap",[["onBuy",["$event"]]]]]`
 *   uni-app (Vue 3)   a handler is a function that Vue puts on the instance while it renders (`e0_a1`), where nobody watches.
 *                     The app uses `firsthand.vue`, a Vue plugin, and each is watched as soon as it is there.
 *   mpx               handlers with arguments go to `__invoke`; the dataset says `{"bubble":{"tap":[["onBuy",1]]}}`
 */

import type { Anything } from '../hooks.js';
import type { Host, MakePlugin } from '../host.js';
import type { WxmlNode } from '../wx.js';

type Dataset = Record<string, unknown>;
type Instance = Record<string, unknown>;

export interface FrameworkOptions {
  /** Taro: `document` of `@tarojs/runtime`. Without it Taro's taps are not recorded. */
  taro?: { getElementById(id: string): { dataset: Dataset } | null };
}

export interface FrameworkVerbs {
  /** uni-app with Vue 3: `app.use(firsthand.vue)`. */
  vue: { install(app: { mixin(mixin: object): unknown }): void };
}

export const frameworks =
  ({ taro }: FrameworkOptions = {}): MakePlugin =>
  (host) => ({
    name: 'frameworks',
    install() {
      host.nameOf = nameOf;
      if (taro) host.nodeOf = (node) => nodeOf(node, taro);
      const watched = function (this: { $scope?: Instance }) {
        if (this.$scope) watchHandlers(this.$scope, host);
      };
      host.extend({
        vue: { install: (app: { mixin(mixin: object): unknown }) => app.mixin({ mounted: watched, updated: watched }) },
      });
      return () => {
        delete host.nameOf;
        delete host.nodeOf;
      };
    },
  });

function nameOf(method: string, type: string, { eventOpts, eventconfigs }: Dataset): string | undefined {
  const { bubble, capture } = (eventconfigs || {}) as { bubble?: Dataset; capture?: Dataset };
  let calls = (bubble && bubble[type]) || (capture && capture[type]);
  if (Array.isArray(eventOpts)) {
    for (const [of, given] of eventOpts) if (of === type || of === `^${type}`) calls = given;
  }
  const [[handler] = []] = (Array.isArray(calls) ? calls : []) as unknown[][];
  if (typeof handler === 'string') return handler;
  return /^(eh|__e|__invoke|e\d+(_.*)?)$/.test(method) ? undefined : method;
}

/** A number that nobody chose is no id. */
function nodeOf(node: WxmlNode, taro: NonNullable<FrameworkOptions['taro']>): WxmlNode {
  const sid = node.dataset && node.dataset.sid;
  const element = typeof sid === 'string' && taro.getElementById(sid);
  return element ? { ...node, id: node.id && node.id !== sid ? node.id : '', dataset: element.dataset } : node;
}

/** Vue tells a handler of its later self by `value`, so what stands in for it passes that on. */
function watchHandlers(scope: Instance, host: Host): void {
  for (const name of Object.keys(scope)) {
    const handler = scope[name] as Anything & { value?: unknown };
    if (!/^e\d/.test(name) || typeof handler !== 'function' || !handler.value) continue;
    const wrapped = host.hooks().wrap('Component', name, handler);
    if (wrapped === handler) continue;
    Object.defineProperty(wrapped, 'value', {
      configurable: true,
      get: () => handler.value,
      set(value) {
        handler.value = value;
      },
    });
    scope[name] = wrapped;
  }
}
