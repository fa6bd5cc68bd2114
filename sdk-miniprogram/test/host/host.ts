/**
 * A mini-program's surroundings for tests: `wx`, the constructors, the page stack, foreground and background. Each part
 * says line by line what WeChat documents and what is done here (storage, network, privacy, routes). This one:
 *
 *   documented (dev/framework/app-service/app; api/base/app)               here
 *   App onLaunch, then onShow, then the first page                        `launch`
 *   wx.onAppShow / onAppHide listeners run with App's own                 right after them
 *   hidden: the page's onHide, then App's; shown: App's, then the page's   `hide`, `show`
 *   shown again with another path: a reLaunch to it follows               `show({ path })`
 *   getLaunchOptionsSync: cold start; getEnterOptionsSync: last show       the same
 *   nextTick: after what is going on now                               a timer of 0 ms
 *   canIUse: does this base library know it?                             does the host's `wx` have it?
 *   plugins: no App, no getApp, no onAppShow (api pages: "插件中不支持")     `plugin: true`
 *   base libraries below 3.5.5 have no route events                       `routeEvents: false`
 */

import type { Entry } from '../../src/wx.js';
import { hostExposure } from './exposure.js';
import { hostNetwork, type Server } from './network.js';
import { plainRenderer } from './plain.js';
import { hostPrivacy } from './privacy.js';
import { createRoutes, type HostPage, type OpenType, type Query, type Renderer } from './routes.js';
import { ALL_BYTES, hostStorage, type Store } from './storage.js';

export interface HostOptions {
  store?: Store;
  server?: Server;
  routeEvents?: boolean;
  plugin?: boolean;
  tabs?: readonly string[];
  renderer?: Renderer;
  /** Where constructors and `wx` are put; the global object. */
  scope?: Record<string, unknown>;
}

type Run = (result?: unknown) => void;
type AppOptions = Record<string, unknown>;
export type Host = ReturnType<typeof createHost>;

const ACCEPTED: Server = ({ data }) => ({
  status: 200,
  body: JSON.stringify({ success: true, accepted: JSON.parse(data || '{}').batch?.length ?? 0, rejected: [] }),
});
const EVENTS = ['onAppShow', 'onAppHide', 'onError', 'onUnhandledRejection', 'onNetworkStatusChange'];
const ROUTE_EVENTS = ['onBeforeAppRoute', 'onAppRoute', 'onBeforePageUnload'];

export function createHost(options: HostOptions = {}) {
  const { store = new Map(), server = ACCEPTED, routeEvents = true, plugin = false, tabs = [] } = options;
  const plain = plainRenderer();
  const listeners: Record<string, Run[]> = {};
  const settings = { storageDelayMs: 5, storageBytes: ALL_BYTES };
  const storage = hostStorage(
    store,
    () => settings.storageDelayMs,
    () => settings.storageBytes,
  );
  const { network, request, hide, show } = hostNetwork(server);
  const privacy = hostPrivacy();
  const exposure = hostExposure();
  const emit = (name: string, result?: unknown) => {
    for (const run of [...(listeners[name] || [])]) run(result);
  };
  const routes = createRoutes(options.renderer || plain.renderer, () => tabs, emit);
  const reads: string[] = [];
  let app: AppOptions | null = null;
  let launched: Entry = { path: '', scene: 1001, query: {}, referrerInfo: { appId: '' } };
  let entered = launched;

  const read = <T>(name: string, value: T) => ({
    [name]: () => {
      reads.push(name);
      return value;
    },
  });
  const wx: Record<string, unknown> = {
    ...storage.api,
    ...privacy.api,
    ...exposure.api,
    request,
    login: ({ success }: { success: (result: { code: string }) => void }) => success({ code: 'code-1' }),
    getNetworkType({ success }: { success: (status: object) => void }) {
      reads.push('getNetworkType');
      setTimeout(() => success({ networkType: '5g' }), 0);
    },
    ...read('getWindowInfo', {
      pixelRatio: 3,
      screenWidth: 390,
      screenHeight: 844,
      windowWidth: 390,
      windowHeight: 753,
    }),
    ...read('getDeviceInfo', { brand: 'HUAWEI', model: 'ALN-AL00', system: 'HarmonyOS 4.2', platform: 'android' }),
    ...read('getAppBaseInfo', { language: 'zh_CN', version: '8.0.50', SDKVersion: '3.7.0' }),
    ...read('getAccountInfoSync', { miniProgram: { appId: 'wx0123456789abcdef', version: '2.1.0' } }),
    ...read('getSystemInfoSync', {}),
    ...read('getSystemInfo', {}),
    canIUse: (schema: string) => (schema.split('.')[0] as string) in wx,
    nextTick: (run: () => void) => void setTimeout(run, 0),
    getLaunchOptionsSync: () => launched,
    getEnterOptionsSync: () => entered,
    navigateTo: ({ url }: { url: string }) => go('navigateTo', url),
    redirectTo: ({ url }: { url: string }) => go('redirectTo', url),
    switchTab: ({ url }: { url: string }) => go('switchTab', url),
    reLaunch: ({ url }: { url: string }) => go('reLaunch', url),
    navigateBack: ({ delta = 1 }: { delta?: number } = {}) => routes.go('navigateBack', '', {}, delta),
  };
  for (const name of [...EVENTS, ...(routeEvents ? ROUTE_EVENTS : [])]) {
    if (plugin && /^onApp(Show|Hide)$/.test(name)) continue;
    wx[name] = (run: Run) => {
      listeners[name] = [...(listeners[name] || []), run];
    };
    wx[name.replace(/^on/, 'off')] = (run: Run) => {
      listeners[name] = (listeners[name] || []).filter((other) => other !== run);
    };
  }

  const scope = options.scope || (globalThis as unknown as Record<string, unknown>);
  const constructors = { Page: plain.Page, Component: plain.Component, Behavior: plain.Behavior };
  if (!options.renderer) Object.assign(scope, constructors);
  Object.assign(scope, { wx, getCurrentPages: () => [...routes.stack()] });
  if (plugin) {
    delete scope.App;
    delete scope.getApp;
  } else {
    scope.App = (made: AppOptions) => {
      app = made;
    };
    scope.getApp = () => app;
  }

  const callApp = (name: string, argument?: unknown) => {
    const run = app?.[name];
    if (typeof run === 'function') run.call(app, argument);
  };
  function go(openType: OpenType, url: string): void {
    const [route = '', search = ''] = url.replace(/^\//, '').split('?');
    const query: Query = Object.fromEntries(
      search
        .split('&')
        .filter(Boolean)
        .map((pair) => pair.split('=') as [string, string]),
    );
    routes.go(openType, route, query);
  }
  function front(entry: Entry): void {
    entered = entry;
    callApp('onShow', entry);
    emit('onAppShow', entry);
  }

  return {
    ...{ store, network, privacy, exposure, settings, wx, listeners, reads, emit, go },
    calls: storage.calls,
    writes: storage.writes,
    define: plain.define,
    top: () => routes.top() as HostPage,
    stack: routes.stack,
    back: (delta = 1) => routes.go('navigateBack', '', {}, delta),
    launch(url: string, said: Partial<Entry> = {}) {
      const [path = '', search = ''] = url.split('?');
      const query = Object.fromEntries(
        search
          .split('&')
          .filter(Boolean)
          .map((pair) => pair.split('=')),
      );
      launched = { ...launched, path, query, ...said };
      callApp('onLaunch', launched);
      front(launched);
      go('appLaunch', url);
    },
    hide() {
      const page = routes.top();
      const call = (options.renderer || plain.renderer).call;
      if (page) call(page, 'onHide');
      callApp('onHide');
      hide();
      emit('onAppHide', {});
    },
    show(url?: string, said: Partial<Entry> = {}) {
      show();
      const page = routes.top();
      const [path = ''] = (url || '').split('?');
      front({ ...entered, ...(url && { path }), ...said });
      if (url && path !== page?.route) go('reLaunch', url);
      else if (page) (options.renderer || plain.renderer).call(page, 'onShow');
    },
    /** The app's own functions, called as the view does. */
    fire(handler: string, ...args: unknown[]): unknown {
      const page = routes.top() as HostPage;
      return (page[handler] as (...all: unknown[]) => unknown).call(page, ...args);
    },
    connect(isConnected: boolean, networkType = isConnected ? 'wifi' : 'none') {
      network.offline = !isConnected;
      emit('onNetworkStatusChange', { isConnected, networkType });
    },
    /** All messages that were in requests, in order. */
    sent: () => network.requests.flatMap(({ data }) => (data && JSON.parse(data).batch) || []),
  };
}
