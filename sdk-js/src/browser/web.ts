/**
 * The web SDK as an object: a client over the browser's ports, and a queue of calls before `init`.
 * `createWeb(plugins)` is what the entries share; they differ in the plugins that are on by default.
 */

import type { Client, ClientOptions } from '../core/api.js';
import { createClient } from '../core/client.js';
import type { Plugin } from '../core/plugin.js';
import { webFacts, webGpc } from './context.js';
import { webHttp } from './http.js';
import { webLifecycle } from './lifecycle.js';
import type { Waiting } from './snippet.js';
import { webStorage } from './storage.js';
import { VERSION } from './version.js';

export interface InitOptions extends Omit<ClientOptions, 'library' | 'log'> {
  /** Instead of the autotrack plugins that are on by default. */
  plugins?: readonly Plugin[];
}

export interface Firsthand extends Omit<Client, 'replay'> {
  readonly version: string;
  /** Starts tracking. A second call joins the first and changes nothing. */
  init(options: InitOptions): void;
}

type Verbs = Record<string, (...args: unknown[]) => unknown>;

/** Before there is a client these are kept for it; see `snippet.ts` for the same list in the page. */
const VERBS =
  'track page screen identify group alias reset optOut use onError debug consent.set consent.withdraw consent.onChange';

export function createWeb(defaults: readonly (() => Plugin)[]): Firsthand & { adopt(calls: Waiting[]): void } {
  let client: Client | null = null;
  let waiting: Waiting[] = [];

  function init(options: InitOptions): void {
    if (client) return;
    if (!options || !options.writeKey || !options.endpoint) {
      return console.warn('firsthand: init needs writeKey and endpoint');
    }
    const queryParams = (options.queryParams || []).map((name) => name.toLowerCase());
    const { plugins = defaults.map((make) => make()), writeKey } = options;
    client = createClient(
      {
        storage: webStorage(`fh.${writeKey}.id`),
        http: webHttp,
        clock: {
          now: Date.now,
          after(ms, run) {
            const timer = setTimeout(run, ms);
            return () => clearTimeout(timer);
          },
        },
        random: { next: Math.random, bytes: (count) => crypto.getRandomValues(new Uint8Array(count)) },
        lifecycle: webLifecycle(),
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
    Object.assign(web, client);
    plugins.map(client.use);
    adopt([]);
  }

  /** Replays calls in order, once there is a client. An `init` among them makes one, wherever it stands. */
  function adopt(calls: Waiting[]): void {
    waiting = calls.concat(waiting);
    for (const [verb, args] of waiting) if (verb === 'init') init(args[0] as InitOptions);
    if (!client) return;
    const { replay } = client;
    // emptied first: a call that is replayed may make another
    for (const [verb, args, at] of waiting.splice(0)) {
      if (verb !== 'init')
        replay(at, () => visit(client, verb, (verbs, name) => (verbs[name] as Verbs[string])(...Array.from(args))));
    }
  }

  const web = {
    version: VERSION,
    init,
    adopt,
    consent: { get: () => null },
    flush: async () => ({ sent: 0, pending: waiting.length, dropped: 0 }),
    getAnonymousId: () => null,
    getSessionId: () => null,
    stats: () => null,
    close() {},
  };
  for (const verb of VERBS.split(' ')) {
    visit(web, verb, (verbs, name) => {
      verbs[name] = (...args) => {
        waiting.push([verb, args, Date.now()]);
        adopt([]);
        return () => {};
      };
    });
  }
  return web as unknown as ReturnType<typeof createWeb>;
}

/** Where a verb lives: `consent.set` in the object's `consent`. */
function visit(root: unknown, verb: string, run: (verbs: Verbs, name: string) => void): void {
  const [name = '', member] = verb.split('.');
  if (member) run((root as Record<string, Verbs>)[name] as Verbs, member);
  else run(root as Verbs, name);
}
