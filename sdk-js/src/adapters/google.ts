/**
 * Google Consent Mode v2, both ways.
 *
 * `fromGoogle` reads what another platform tells Google: `gtag('consent', 'update', …)` in the `dataLayer`. A
 * `default` is what holds until somebody has answered, so it is no choice, whichever way it points.
 *
 * `toGoogle` tells Google what the person chose with Firsthand: one `default` at once, with everything denied that is
 * not allowed, then an `update` for each change. Call one of the two, not both: they would be two masters.
 *
 * A `dataLayer` is an array whose `push` is replaced by Google's tag manager. Ours lies on top of whatever is there and
 * passes everything on; when somebody has laid theirs on ours meanwhile, the undo leaves a `push` that only passes on.
 */

import { whenPresent } from '../browser/present.js';
import type { Firsthand } from '../browser/web.js';
import type { Undo } from '../core/ports.js';
import { type AdapterOptions, answersOf, connect, type Mapping, ready, type Sdk } from './bridge.js';

type DataLayer = { push(...commands: unknown[]): unknown } & unknown[];
type Kinds = Record<string, unknown>;

export interface GoogleOptions extends AdapterOptions {
  /** If it is not `window.dataLayer`. */
  dataLayer?: unknown[];
}

/** Our purpose → Google's kinds (Consent Mode v2). `security_storage` is always granted. */
export const GOOGLE_KINDS: Mapping = {
  analytics: 'analytics_storage',
  personalization: ['functionality_storage', 'personalization_storage'],
  marketing: ['ad_storage', 'ad_user_data', 'ad_personalization'],
};

function layer(given?: unknown[]): DataLayer {
  const page = globalThis as { dataLayer?: unknown[] };
  page.dataLayer = page.dataLayer || [];
  return (given || page.dataLayer) as DataLayer;
}

export function fromGoogle({ sdk, map = GOOGLE_KINDS, dataLayer }: GoogleOptions = {}): Undo {
  const kinds: Kinds = {};
  let isTold = false;

  /** `gtag` pushes its own `arguments`. */
  function take(command: unknown): boolean {
    const [verb, action, values] = Object.values((command || {}) as object);
    if (verb !== 'consent' || action !== 'update' || !values) return false;
    for (const [kind, value] of Object.entries(values)) {
      // whoever says yes for a region leaves it to Google to know who is there
      if (value !== 'granted' || !(values as Kinds).region) kinds[kind] = value;
    }
    isTold = true;
    return true;
  }

  return connect(sdk, {
    words: 'google',
    map,
    find: () => layer(dataLayer),
    subscribe(found, changed) {
      // not `some`: each has to be taken
      found.map(take);
      const { push } = found;
      let live = true;
      const ours = (...commands: unknown[]) => {
        const result = push.apply(found, commands);
        if (live && commands.filter(take).length) changed();
        return result;
      };
      found.push = ours;
      return () => {
        live = false;
        if (found.push === ours) found.push = push;
      };
    },
    answers: () =>
      isTold ? answersOf(map, (key) => (kinds[key] === undefined ? undefined : kinds[key] === 'granted')) : null,
  });
}

type Speaker = Sdk & { consent: Pick<Firsthand['consent'], 'onChange'> };

export interface ToGoogleOptions extends GoogleOptions {
  sdk?: Speaker;
  /** How long Google's tags wait for an answer, in ms; 500. */
  waitForUpdate?: number;
}

export function toGoogle({
  sdk: given,
  map = GOOGLE_KINDS,
  dataLayer,
  waitForUpdate = 500,
}: ToGoogleOptions = {}): Undo {
  const to = layer(dataLayer);
  // Google's tag takes `arguments` objects only, and no lists
  function gtag(..._: unknown[]): void {
    // biome-ignore lint/complexity/noArguments: see above
    to.push(arguments);
  }
  const denied: Kinds = {};
  for (const kind of Object.values(map).flat()) denied[kind] = 'denied';
  let told = JSON.stringify(denied);
  gtag('consent', 'default', { ...denied, security_storage: 'granted', wait_for_update: waitForUpdate });
  return whenPresent(
    () => ready(given) as Speaker | undefined,
    (sdk) => {
      function tell(): void {
        const { decisions } = sdk.consent.get();
        const now = { ...denied };
        for (const [purpose, kinds] of Object.entries(map)) {
          if (decisions[purpose] === 'allow') for (const kind of [kinds].flat()) now[kind] = 'granted';
        }
        if (JSON.stringify(now) === told) return;
        told = JSON.stringify(now);
        gtag('consent', 'update', now);
      }
      const off = sdk.consent.onChange(tell);
      tell();
      return off;
    },
  );
}
