/**
 * The mini-program SDK. Importing this file does nothing; `init` starts it, as the first thing in `app.js`, because
 * pages are watched from their registration on.
 *
 * A second copy of this file in the same mini-program
 * (npm beside a sub-package's own) joins the client that the first one made for the same write key.
 */

import type { Plugin } from '../../sdk-js/src/core/plugin.js';
import { createMiniprogram, type Firsthand, type InitOptions } from './client.js';
import { getHooks } from './hooks.js';
import { VERSION } from './version.js';

export type { Client, ConsentState, Report, Stats } from '../../sdk-js/src/core/api.js';
export type { Plugin, PluginApi } from '../../sdk-js/src/core/plugin.js';
export type { ConsentMode, Decision, Preferences, Properties } from '../../sdk-js/src/core/protocol.js';
export type { Firsthand, InitOptions } from './client.js';
export type { Host, MakePlugin } from './host.js';
export { VERSION };

type Made = ReturnType<typeof createMiniprogram>;

/** Kept for `init`, with their time, as on the web; `set` and what follows belong to `consent`. */
const VERBS =
  'track page screen identify group alias reset register unregister timeEvent optOut use onError set withdraw onChange';
const MOST_WAITING = 500;

type Verbs = Record<string, (...args: unknown[]) => unknown>;

const waiting: [verb: string, args: unknown[], at: number][] = [];
let overflow = 0;

/** The client by name, for pages. What is called before `init` waits in memory; without `init` nothing comes of it. */
export const firsthand = { version: VERSION } as Firsthand;
const early: Record<string, unknown> = {
  get: () => null,
  flush: () => Promise.resolve({ sent: 0, pending: waiting.length, dropped: 0 }),
};
for (const verb of VERBS.split(' ')) {
  early[verb] = (...args: unknown[]) => {
    if (waiting.length < MOST_WAITING) waiting.push([verb, args, Date.now()]);
    else overflow++;
    return () => {};
  };
}
early.consent = early;
Object.assign(firsthand, early);

/** Starts tracking. A second call joins the first and changes nothing. */
export function init(options: InitOptions): Firsthand {
  if (!options || !options.writeKey || !options.endpoint) {
    console.warn('firsthand: writeKey, endpoint?');
    return firsthand;
  }
  const { clients } = getHooks();
  const known = clients[options.writeKey] as Made | undefined;
  const made = known || createMiniprogram(options);
  clients[options.writeKey] = made;
  Object.assign(firsthand, made);
  for (const [verb, args, at] of waiting.splice(0)) {
    const owner = (verb in made ? made : made.consent) as unknown as Verbs;
    made.replay(at, () => (owner[verb] as Verbs[string])(...args));
  }
  if (overflow) made.use(lost(overflow));
  overflow = 0;
  return firsthand;
}

const lost = (count: number): Plugin => ({
  name: 'lost',
  install({ track }) {
    track('$lost', { count, reasons: { overflow: count } });
    return () => {};
  },
});
