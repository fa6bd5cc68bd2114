/**
 * The mini-program SDK. Importing this file does nothing; `init` starts it, as the first thing in `app.js`, because
 * pages are watched from their registration on.
 *
 * A second copy of this file in the same mini-program
 * (npm beside a sub-package's own) joins the client that the first one made for the same write key.
 */

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

const VERBS = 'track page screen identify group alias reset optOut register timeEvent flush set withdraw'.split(' ');

/** The client by name, for pages; until `init` its verbs only say that it is missing. */
export const firsthand = { version: VERSION } as Firsthand;
const early: Record<string, unknown> = {};
for (const name of VERBS) {
  early[name] = () => Promise.resolve(console.warn(`firsthand: ${name} before init`));
}
early.consent = early;
Object.assign(firsthand, early);

/** Starts tracking. A second call joins the first and changes nothing. */
export function init(options: InitOptions): Firsthand {
  if (!options || !options.writeKey || !options.endpoint) {
    console.warn('firsthand: init needs writeKey and endpoint');
    return firsthand;
  }
  const { clients } = getHooks();
  const known = clients[options.writeKey] as Made | undefined;
  const made = known || createMiniprogram(options);
  clients[options.writeKey] = made;
  return Object.assign(firsthand, made);
}
