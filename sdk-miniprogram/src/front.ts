/**
 * Is the mini-program in front? One place that hears it, in an order that holds: on showing, whoever subscribed
 * first is called first; on hiding, last. So a page is left before its mini-program is, and what was recorded is
 * queued before it is stored and sent.
 *
 * From `wx.onAppShow` and `wx.onAppHide`. Plugins and base libraries before 2.1.2 have neither; there the App's
 * own lifecycles are watched, and where there is no App either the mini-program counts as in front.
 */

import type { Undo } from '../../sdk-js/src/core/ports.js';
import type { Hooks } from './hooks.js';
import type { Entry } from './wx.js';

export interface Front {
  /** False in a plugin, where nobody says when the mini-program is shown or hidden. */
  isHeard: boolean;
  /** Since when it is hidden (ms); null while it is in front. */
  hiddenAt(): number | null;
  onShow(run: (entry: Entry | undefined, at: number) => void): Undo;
  onHide(run: (at: number) => void): Undo;
  close: Undo;
}

export function createFront(hooks: () => Hooks, now: () => number): Front {
  const shows: ((entry: Entry | undefined, at: number) => void)[] = [];
  const hides: ((at: number) => void)[] = [];
  let hiddenAt: number | null = null;

  const shown = (entry?: Entry) => {
    hiddenAt = null;
    for (const run of shows.slice()) run(entry, now());
  };
  const hidden = () => {
    hiddenAt = now();
    for (const run of hides.slice().reverse()) run(hiddenAt);
  };

  function listen(): Undo {
    if (wx.onAppShow && wx.onAppHide) {
      wx.onAppShow(shown);
      wx.onAppHide(hidden);
      return () => {
        if (wx.offAppShow) wx.offAppShow(shown);
        if (wx.offAppHide) wx.offAppHide(hidden);
      };
    }
    hooks().need('App', ['onShow', 'onHide']);
    return hooks().watch(({ kind, name, args }) => {
      if (kind !== 'App') return;
      if (name === 'onShow') shown(args[0] as Entry);
      else if (name === 'onHide') hidden();
    });
  }

  return {
    isHeard: !!wx.onAppShow || typeof App !== 'undefined',
    hiddenAt: () => hiddenAt,
    onShow: (run) => subscribe(shows, run),
    onHide: (run) => subscribe(hides, run),
    close: listen(),
  };
}

export function subscribe<T>(list: T[], run: T): Undo {
  list.push(run);
  return () => {
    const at = list.indexOf(run);
    if (at >= 0) list.splice(at, 1);
  };
}
