/**
 * Calls back when the page's address became another one: by the Navigation API where there is one, else by the
 * history methods. A new fragment is the same page, unless the site routes by fragments.
 */

import { address } from '../browser/context.js';
import { all, listen } from '../browser/listen.js';
import type { Undo } from '../core/ports.js';

export function onRoute(byHash: boolean | undefined, run: (before: string) => void): Undo {
  let shown = address(byHash);
  const changed = () => {
    const before = shown;
    shown = address(byHash);
    if (before !== shown) run(before);
  };
  const { navigation } = window as { navigation?: EventTarget };
  return all(
    navigation
      ? [listen(navigation, 'currententrychange', changed)]
      : [patch('pushState', changed), patch('replaceState', changed), listen(window, 'popstate hashchange', changed)],
  );
}

/** Calls back after each call of a history method; the undo leaves a wrapper that others wrapped inert. */
function patch(method: 'pushState' | 'replaceState', run: () => void): Undo {
  const original = history[method];
  let active = true;
  const wrapper: History['pushState'] = function (this: History, ...args) {
    original.apply(this, args);
    if (active) run();
  };
  history[method] = wrapper;
  return () => {
    active = false;
    if (history[method] === wrapper) history[method] = original;
  };
}
