/**
 * IAB Transparency and Consent Framework 2.x, by `__tcfapi` (IAB Tech Lab, "CMP API v2"). Keys are TCF's purpose
 * numbers, and `vendor:<id>` for the consent of a vendor on the Global Vendor List.
 *
 * Consent only: what a platform claims under legitimate interest grants nothing. While its window is open
 * (`cmpuishown`) the string may be an old one, so nothing is read from it. Where the GDPR does not apply the
 * framework has nothing to say; a platform that does not know whether it does, or is in error, grants nothing. A vendor's consent is none where the publisher does not allow it for the purpose, or only
 * as a legitimate interest.
 */

import type { Undo } from '../core/ports.js';
import { type AdapterOptions, answersOf, connect, type Mapping } from './bridge.js';

interface TcData {
  cmpStatus?: string;
  eventStatus?: string;
  gdprApplies?: boolean;
  listenerId?: number | null;
  purpose?: { consents?: Record<string, unknown> };
  vendor?: { consents?: Record<string, unknown> };
  publisher?: { restrictions?: Record<string, Record<string, unknown>> };
}

type TcfApi = (command: string, version: number, run: (data: TcData, success: boolean) => void, more?: unknown) => void;

/** Restrictions of a publisher: not allowed, and legitimate interest required. */
const NO_CONSENT: unknown[] = [0, 2];

/** 1 store and access; 2-4 and 7 advertising; 5 and 6 personal content; 8 and 9 measurement of content, audiences. */
export const TCF_PURPOSES: Mapping = {
  analytics: ['1', '8', '9'],
  personalization: ['1', '5', '6'],
  marketing: ['1', '2', '3', '4', '7'],
};

const api = () => (globalThis as { __tcfapi?: TcfApi }).__tcfapi;

export function tcf({ sdk, map = TCF_PURPOSES }: AdapterOptions = {}): Undo {
  let latest: TcData | null = null;
  return connect(sdk, {
    words: 'tcf',
    map,
    find: api,
    subscribe(_, changed) {
      let id: TcData['listenerId'];
      let ended = false;
      // looked up at each call: the page's stub gives way to the platform
      const remove = () => api()?.('removeEventListener', 2, () => {}, id);
      api()?.('addEventListener', 2, (given, success) => {
        const data: TcData = (success && given) || { cmpStatus: 'error' };
        id = data.listenerId;
        // the stub may register us long after the undo
        if (ended) return remove();
        if (!['tcloaded', 'useractioncomplete'].includes(data.eventStatus as string) && data.cmpStatus !== 'error')
          return;
        latest = data;
        changed();
      });
      return () => {
        ended = true;
        if (id != null) remove();
      };
    },
    answers() {
      if (!latest || latest.gdprApplies === false) return null;
      const { cmpStatus, gdprApplies, purpose, vendor, publisher } = latest;
      if (gdprApplies !== true || cmpStatus === 'error') throw latest;
      return answersOf(map, (key, keys) => {
        const [kind, id] = key.split(':');
        // false and missing are the same in TCF: no consent
        if (!id) return purpose?.consents?.[key] === true;
        const isRestricted = keys.some((other) => NO_CONSENT.includes(publisher?.restrictions?.[other]?.[id]));
        return kind === 'vendor' && vendor?.consents?.[id] === true && !isRestricted;
      });
    },
  });
}
