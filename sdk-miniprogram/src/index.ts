/**
 * The mini-program SDK. Importing this file does nothing; `init` starts it, as the first thing in `app.js`, because
 * pages are watched from their registration on.
 *
 * Calls before `init` are kept, with their time, and made then. A second copy of this file in the same mini-program
 * (npm beside a sub-package's own) joins the client that the first one made for the same write key.
 */

import { createMiniprogram, type Firsthand, type InitOptions } from './client.js';
import { getHooks } from './hooks.js';
import { VERSION } from './version.js';

export type { Client, ConsentState, Report, Stats } from '../../sdk-js/src/core/api.js';
export type { Plugin, PluginApi } from '../../sdk-js/src/core/plugin.js';
export type { ConsentMode, Decision, Preferences, Properties } from '../../sdk-js/src/core/protocol.js';
export type { Firsthand, InitOptions } from './client.js';
export type { Pseudonyms } from './collector.js';
export type { Privacy, PrivacyStatus } from './privacy.js';
export { VERSION };

type Made = ReturnType<typeof createMiniprogram>;
type Verb = (...args: unknown[]) => unknown;
type Verbs = Record<string, Verb>;

const MOST_WAITING = 100;
const VERBS = 'track page screen identify group alias reset optOut consent.set consent.withdraw'.split(' ');
let made: Made | null = null;
const waiting: [at: number, run: () => void][] = [];

/** Starts tracking. A second call joins the first and changes nothing. */
export function init(options: InitOptions): Firsthand {
  if (made) return made;
  if (!options || !options.writeKey || !options.endpoint) {
    console.warn('firsthand: init needs writeKey and endpoint');
    return firsthand;
  }
  const { clients } = getHooks((error) => console.warn('firsthand:', error));
  made = (clients[options.writeKey] as Made | undefined) || createMiniprogram(options);
  clients[options.writeKey] = made;
  Object.assign(firsthand, made);
  const { replay } = made;
  // emptied first: a call that is replayed may make another
  for (const [at, run] of waiting.splice(0)) replay(at, run);
  return made;
}

const empty: Partial<Firsthand> = {
  version: VERSION,
  flush: () => Promise.resolve({ sent: 0, pending: waiting.length, dropped: 0 }),
  getAnonymousId: () => null,
  getSessionId: () => null,
  login: () => Promise.resolve(null),
  webViewUrl: (url) => Promise.resolve(url),
  observe() {},
  close() {},
};

/** The client by name, also before `init`: then the verbs wait for it. */
export const firsthand = { ...empty, consent: {} } as Firsthand;

for (const name of VERBS) {
  const [first = '', second] = name.split('.');
  const of = (root: unknown) => (second ? (root as Record<string, Verbs>)[first] : root) as Verbs;
  const later: Verb = (...args) => {
    if (waiting.length < MOST_WAITING) {
      waiting.push([Date.now(), () => void (of(made)[second || first] as Verb)(...args)]);
    }
  };
  of(firsthand)[second || first] = later;
}
