/**
 * The adapters: each makes the choice that a person made in a consent platform known to the SDK. One a file, an entry
 * of its own (`@firsthand/web/adapters/klaro`), so that a site loads the one it has.
 */

import type { Undo } from '../core/ports.js';
import type { AdapterOptions } from './bridge.js';
import { c15t } from './c15t.js';
import { cookieconsent } from './cookieconsent.js';
import { fromGoogle } from './google.js';
import { gpp } from './gpp.js';
import { klaro } from './klaro.js';
import { onetrust } from './onetrust.js';
import { tcf } from './tcf.js';

export type { AdapterOptions, Mapping } from './bridge.js';
export { toGoogle } from './google.js';
export { c15t, cookieconsent, fromGoogle, gpp, klaro, onetrust, tcf };

/** By the name of their file. A newcomer is one file, one line here, and what `test/adapters.test.ts` asks of it. */
export const ADAPTERS: Readonly<Record<string, (options?: AdapterOptions) => Undo>> = {
  google: fromGoogle,
  tcf,
  gpp,
  cookieconsent,
  klaro,
  c15t,
  onetrust,
};
