/**
 * What a browser no longer says in its user agent: version of the system, model of the device, architecture. Asked for
 * once (User-Agent Client Hints, `getHighEntropyValues`) and only after the person has agreed to analytics, or where the
 * site's rule is `opt_out` and they have not refused: a device is not read for a purpose nobody stands behind. Events
 * before that have the user agent alone. By script tag `data-extras="client_hints"`, else
 *
 *     firsthand.use(clientHints(options, firsthand));     // options: the object that `init` was given
 *
 * Chromium only; elsewhere nothing happens. After a refusal what was asked for is no longer said.
 */

import type { Make } from '../browser/web.js';
import type { Facts } from '../core/protocol.js';
import { agreed, saidYes } from './handoff.js';

const HINTS = ['platformVersion', 'model', 'architecture', 'bitness'];

interface Hints {
  platform: string;
  platformVersion?: string;
  model?: string;
  architecture?: string;
  bitness?: string;
}

type UserAgentData = { getHighEntropyValues(hints: string[]): Promise<Hints> };

/** The context that hints make. Windows counts its own way: 13 and more of the hint is Windows 11, 1 to 10 Windows 10. */
export function contextOf({ platform, platformVersion = '', model, architecture, bitness }: Hints): Facts {
  const major = Number.parseInt(platformVersion, 10);
  const version = platform !== 'Windows' ? platformVersion : major >= 13 ? '11' : major >= 1 ? '10' : '';
  return {
    ...(version && { os: { name: platform, version } }),
    ...(model && { device: { model } }),
    ...(architecture && { userAgentData: { architecture, ...(bitness && { bitness }) } }),
  };
}

export const clientHints: Make = (options = {}, web) => ({
  name: 'client_hints',
  install({ guarded, inside }) {
    const data = (navigator as Navigator & { userAgentData?: UserAgentData }).userAgentData;
    if (!data || !web) return () => {};
    const before = options.context;
    let asked = false;
    let found: Facts | undefined;

    const look = guarded(() => {
      // nobody who was not asked and no refusal; a rule that needs no consent because it keeps nothing is none for this
      const may = agreed(web) && (saidYes(inside) || web.consent.get().mode === 'opt_out');
      options.context = may && found ? { ...before, ...found } : before;
      if (!may || asked) return;
      asked = true;
      void data.getHighEntropyValues(HINTS).then(
        guarded((hints: Hints) => {
          found = contextOf(hints);
          look();
        }),
        () => {}, // refused by the browser or a Permissions-Policy: the user agent has to do
      );
    });
    const off = web.consent.onChange(look);
    look();
    return () => {
      off();
      options.context = before;
    };
  },
});
