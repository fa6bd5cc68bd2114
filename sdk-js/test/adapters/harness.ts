/** The real SDK beside a consent platform, and what the platform made it say. */

import { vi } from 'vitest';
import { createWeb, type Firsthand } from '../../src/browser/web.js';
import type { Preferences } from '../../src/core/protocol.js';

export interface Bench {
  web: Firsthand;
  /** Each `consent.set` since the last look, in order; no call, no entry. */
  told(): Preferences[];
  /** Whose words each of them named. */
  words(): unknown[];
  choice(): Preferences | null;
  close(): void;
}

export function bench(consentMode: 'opt_in' | 'opt_out' = 'opt_in'): Bench {
  vi.stubGlobal('fetch', async () => new Response('{"success":true,"rejected":[]}'));
  const web = createWeb([]);
  web.init({ writeKey: 'wk', endpoint: 'https://c.example', consentMode, strict: true });
  const said: Preferences[] = [];
  const words: unknown[] = [];
  const { set } = web.consent;
  web.consent.set = (preferences, ...more) => {
    said.push(preferences);
    words.push(more[0]?.words);
    set(preferences, ...more);
  };
  return {
    web,
    told: () => said.splice(0),
    words: () => words.splice(0),
    choice: () => web.consent.get().preferences,
    close() {
      web.close();
      localStorage.clear();
      vi.unstubAllGlobals();
    },
  };
}

/** Listeners that `window` has been given and still has, by type, from here on. */
export function listeners(): Map<string, number> {
  const open = new Map<string, number>();
  const count = (type: string, by: number) => open.set(type, (open.get(type) ?? 0) + by);
  const [add, remove] = [window.addEventListener.bind(window), window.removeEventListener.bind(window)];
  vi.spyOn(window, 'addEventListener').mockImplementation((type: string, ...rest: unknown[]) => {
    count(type, 1);
    add(type, ...(rest as [EventListener]));
  });
  vi.spyOn(window, 'removeEventListener').mockImplementation((type: string, ...rest: unknown[]) => {
    count(type, -1);
    remove(type, ...(rest as [EventListener]));
  });
  return open;
}
