/**
 * OneTrust, by its documented page interface: `OnetrustActiveGroups` (",C0001,C0002,"), the event
 * `OneTrustGroupsUpdated` on `window`, and `OneTrust.IsAlertBoxClosed()`, which says whether the person has answered.
 * Keys are ids of its groups. Before an answer the active groups are the defaults of the region's rule: no choice.
 */

import { listen } from '../browser/listen.js';
import type { Undo } from '../core/ports.js';
import { type AdapterOptions, answersOf, connect, type Mapping } from './bridge.js';

interface Page {
  OneTrust?: { IsAlertBoxClosed(): boolean };
  OnetrustActiveGroups?: unknown;
}

/** OneTrust's own template: performance, functional, targeting, social media. */
export const ONETRUST_GROUPS: Mapping = {
  analytics: 'C0002',
  personalization: 'C0003',
  marketing: 'C0004',
  third_party: 'C0005',
};

export function onetrust({ sdk, map = ONETRUST_GROUPS }: AdapterOptions = {}): Undo {
  const page = globalThis as Page;
  return connect(sdk, {
    words: 'onetrust',
    map,
    find: () => typeof page.OnetrustActiveGroups === 'string' && page.OneTrust,
    subscribe: (_, changed) => listen(window, 'OneTrustGroupsUpdated', changed),
    answers(platform) {
      const { OnetrustActiveGroups: groups } = page;
      const active = typeof groups === 'string' ? groups.split(',') : [];
      return answersOf(map, (key) => (platform.IsAlertBoxClosed() === true ? active.includes(key) : undefined));
    },
  });
}
