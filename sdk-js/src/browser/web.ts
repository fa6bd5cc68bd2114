/**
 * The web SDK as an object: a client over the browser's ports, and a queue of calls before `init`.
 * `createWeb(plugins)` is what the entries share; they differ in the plugins that are on by default.
 */

import { type Client, createClient } from '../core/client.js';
import type { Plugin } from '../core/plugin.js';
import type { ConsentMode } from '../core/protocol.js';
import { webFacts, webGpc } from './context.js';
import { webHttp } from './http.js';
import { webLifecycle } from './lifecycle.js';
import type { Waiting } from './snippet.js';
import { webStorage } from './storage.js';
import { VERSION } from './version.js';

export interface InitOptions {
  writeKey: string;
  /** Where the collector is, e.g. `https://events.shop.example`. */
  endpoint: string;
  /** Before a choice: `opt_in` holds (default), `opt_out` allows, `exempt` allows audience measurement. */
  consentMode?: ConsentMode;
  /** Query parameters that may stay in recorded addresses, beside utm_*. */
  queryParams?: readonly string[];
  /** Instead of the autotrack plugins that are on by default. */
  plugins?: readonly Plugin[];
  flushAt?: number;
  flushAfterMs?: number;
  debug?: boolean;
  strict?: boolean;
}

type Method = (...args: never[]) => unknown;

export interface Firsthand extends Omit<Client, 'replay' | 'stats'> {
  readonly version: string;
  /** Starts tracking. A second call joins the first and changes nothing. */
  init(options: InitOptions): void;
  stats(): ReturnType<Client['stats']> | null;
}

export function createWeb(defaults: readonly (() => Plugin)[]): Firsthand & { adopt(waiting: Waiting[]): void } {
  let client: Client | null = null;
  let waiting: Waiting[] = [];

  function init(options: InitOptions): void {
    if (client) return;
    if (!options?.writeKey || !options.endpoint) {
      console.warn('firsthand: init needs { writeKey, endpoint }; nothing is tracked');
      return;
    }
    const lifecycle = webLifecycle();
    const queryParams = (options.queryParams ?? []).map((name) => name.toLowerCase());
    client = createClient(
      {
        storage: webStorage((key) => key.endsWith('.id')),
        http: webHttp(lifecycle.leaving),
        clock: {
          now: () => Date.now(),
          after(ms, run) {
            const timer = setTimeout(run, ms);
            return () => clearTimeout(timer);
          },
        },
        random: { next: Math.random, bytes: (count) => crypto.getRandomValues(new Uint8Array(count)) },
        lifecycle,
        facts: () => webFacts(queryParams),
        gpc: webGpc,
      },
      {
        ...options,
        queryParams,
        library: { name: '@firsthand/web', version: VERSION },
        log: (...parts) => console.debug('firsthand', ...parts),
      },
    );
    for (const plugin of options.plugins ?? defaults.map((make) => make())) client.use(plugin);
    drain();
  }

  function drain(): void {
    const calls = waiting;
    waiting = [];
    for (const [verb, args, at] of calls) {
      const rest = Array.from(args) as never[];
      const [name = '', member] = verb.split('.');
      if (name === 'init') init(...(rest as unknown as [InitOptions]));
      else if (!client) waiting.push([verb, args, at]);
      else client.replay(at, () => pick(client as Client, name, member)?.(...rest));
    }
  }

  /** Now, or once there is a client. */
  function call<T>(verb: string, otherwise: T): (...args: unknown[]) => T {
    return (...args) => {
      const [name = '', member] = verb.split('.');
      if (client) return pick(client, name, member)?.(...(args as never[])) as T;
      waiting.push([verb, args, Date.now()]);
      return otherwise;
    };
  }

  const undo = () => {};
  return {
    version: VERSION,
    init,
    adopt(calls) {
      // a stub's init comes first, whatever was called before it: the rest needs a client
      const isInit = ([verb]: Waiting) => verb === 'init';
      waiting = [...calls.filter(isInit), ...waiting, ...calls.filter((each) => !isInit(each))];
      drain();
    },
    track: call('track', undefined),
    page: call('page', undefined),
    screen: call('screen', undefined),
    identify: call('identify', undefined),
    group: call('group', undefined),
    alias: call('alias', undefined),
    reset: call('reset', undefined),
    consent: {
      get: () => client?.consent.get() ?? { mode: 'opt_in', gpc: webGpc(), preferences: null, decisions: {} },
      set: call('consent.set', undefined),
      withdraw: call('consent.withdraw', undefined),
      onChange: call('consent.onChange', undo),
    },
    optOut: call('optOut', undefined),
    flush: (timeoutMs) =>
      client ? client.flush(timeoutMs) : Promise.resolve({ sent: 0, pending: waiting.length, dropped: 0 }),
    use: call('use', undo),
    onError: call('onError', undo),
    debug: call('debug', undefined),
    getAnonymousId: () => client?.getAnonymousId() ?? null,
    getSessionId: () => client?.getSessionId() ?? null,
    stats: () => client?.stats() ?? null,
    close() {
      client?.close();
      client = null;
    },
  };
}

function pick(client: Client, name: string, member?: string): Method | undefined {
  const found = (client as unknown as Record<string, Method | Record<string, Method>>)[name];
  return typeof found === 'object' ? found[member ?? ''] : found;
}
