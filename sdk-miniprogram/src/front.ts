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
  /** False in a plugin, where nobody says when the mini-program is shown or hidden. */
  isHeard: boolean;
  /** Since when it is hidden (ms); null while it is in front. */
  hiddenAt(): number | null;
  onShow(run: (entry: Entry, at: number) => void): Undo;
  onHide(run: (at: number) => void): Undo;
  close: Undo;
}

export function createFront(now: () => number): Front {
  const shows = new Set<(entry: Entry, at: number) => void>();
  const hides = new Set<(at: number) => void>();
  const isHeard = !!(wx.onAppShow && wx.onAppHide);
  let hiddenAt: number | null = null;

  const shown = (entry: Entry) => {
    hiddenAt = null;
    for (const run of shows) run(entry, now());
  };
  const hidden = () => {
    hiddenAt = now();
    for (const run of Array.from(hides).reverse()) run(hiddenAt);
  };
  const offs = [listen('AppShow', shown), listen('AppHide', hidden)];

  return {
    isHeard,
    hiddenAt: () => hiddenAt,
    onShow: (run) => subscribe(shows, run),
    onHide: (run) => subscribe(hides, run),
    close() {
      for (const off of offs) off();
    },
  };
}
