/**
 * Is the mini-program in front? One place that hears it, in an order that holds: on showing, whoever subscribed
 * first is called first; on hiding, last. So a page is left before its mini-program is, and what was recorded is
 * queued before it is stored and sent.
 *
 * From `wx.onAppShow` and `wx.onAppHide` (base library 2.1.2). Plugins have neither, so there the mini-program
 * counts as in front.
 */

import { subscribe } from '../../sdk-js/src/core/guard.js';
import type { Undo } from '../../sdk-js/src/core/ports.js';
import { listen } from './listen.js';
import type { Entry } from './wx.js';

export interface Front {
  /** Since when it is hidden (ms); 0 while it is in front. */
  hiddenAt(): number;
  onShow(run: (entry: Entry, at: number) => void): Undo;
  onHide(run: (at: number) => void): Undo;
}

/** `offs` gets what undoes it. */
export function createFront(now: () => number, offs: Undo[]): Front {
  const shows = new Set<(entry: Entry, at: number) => void>();
  const hides = new Set<(at: number) => void>();
  let hiddenAt = 0;

  const shown = (entry: Entry) => {
    hiddenAt = 0;
    for (const run of shows) run(entry, now());
  };
  const hidden = () => {
    hiddenAt = now();
    for (const run of Array.from(hides).reverse()) run(hiddenAt);
  };
  offs.push(listen('AppShow', shown), listen('AppHide', hidden));

  return {
    hiddenAt: () => hiddenAt,
    onShow: (run) => subscribe(shows, run),
    onHide: (run) => subscribe(hides, run),
  };
}
