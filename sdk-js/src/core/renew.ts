/**
 * When a session ends beside 30 idle minutes: at the visitor's midnight, or when another campaign brings them. Both
 * are off by default, so this is no part of `session.ts`; it makes the `sessionKey` that `touch` compares.
 * Pure; vectors: `renew`.
 *
 * A key is `day|campaign`. The campaign is that of the last page that named one: a page without one goes on with it,
 * and so does everything that is no page (a click in a tab that was opened by an older link changes nothing).
 * A day is a date on the visitor's clock and calendar, so the day on which clocks change has 23 or 25 hours.
 *
 * Reports that count sessions by day or by campaign (as Universal Analytics did) need this; others are better off without.
 */

import type { MessageType, Page } from './protocol.js';
import { split } from './scrub.js';

export type Renewal = 'midnight' | 'campaign';

/** The date where the visitor is, by the device's own time zone. */
export function localDay(at: number): string {
  const date = new Date(at);
  return [date.getFullYear(), date.getMonth() + 1, date.getDate()].join('-');
}

/** The campaign in a cleaned address, whatever the order of its parameters; empty if it names none. */
export function campaignOf(url: string): string {
  const [, , , query] = split(url);
  const named = query.split('&').filter((pair) => /^utm_\w+=.|=:redacted$/.test(pair));
  return named.sort().join('&');
}

export interface Moment {
  at: number;
  type: MessageType;
  url?: string | undefined;
}

/** The key of a session that holds this event; `before`: the key of the session so far. */
export function keyOf(
  by: readonly Renewal[],
  { at, type, url = '' }: Moment,
  before?: string | null,
  dayOf = localDay,
): string {
  const known = before ? before.slice(before.indexOf('|') + 1) : '';
  const brought = type === 'page' || type === 'screen' ? campaignOf(url) : '';
  return `${by.includes('midnight') ? dayOf(at) : ''}|${by.includes('campaign') ? brought || known : ''}`;
}

/** For the option `sessionKey`. */
export const renewal =
  (by: readonly Renewal[]) =>
  (at: number, type: MessageType, page: Page | undefined, before: string | undefined): string =>
    keyOf(by, { at, type, url: page?.url }, before);
