/**
 * The mini-program SDK: the core of `@firsthand/web` over `wx.*`. `init` gives a client with the verbs of
 * the web SDK; nothing is tracked by itself yet.
 */

import type { Client, ClientOptions } from '../../sdk-js/src/core/api.js';
import { createClient } from '../../sdk-js/src/core/client.js';
import { mpFacts } from './context.js';
import { mpHttp } from './http.js';
import { mpLifecycle } from './lifecycle.js';
import { mpStorage } from './storage.js';

export type { Client } from '../../sdk-js/src/core/api.js';
export const VERSION = '0.1.0';

export type InitOptions = Omit<ClientOptions, 'library' | 'log'>;

// here and not in wx.ts: the tests' platform has a console of its own
declare const console: { debug(...parts: unknown[]): void };

let client: Client | null = null;

/** The client of this mini-program. A second call joins the first. */
export function init(options: InitOptions): Client {
  if (client) return client;
  const lifecycle = mpLifecycle();
  client = createClient(
    {
      storage: mpStorage(),
      http: mpHttp,
      clock: {
        now: () => Date.now(),
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
      lifecycle,
      facts: () => mpFacts(lifecycle.network()),
      gpc: () => false,
    },
    {
      ...options,
      library: { name: '@firsthand/miniprogram', version: VERSION },
      log: (...parts) => console.debug('firsthand', ...parts),
    },
  );
  return client;
}
