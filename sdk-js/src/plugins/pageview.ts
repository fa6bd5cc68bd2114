/**
 * One `page` message for each page shown: the first load, each change of path or query by the history API,
 * and each return from the back/forward cache. A new fragment is the same page. A prerendered page counts
 * when it is shown.
 *
 * The view belongs to the moment of the change, but its title is only right once the router has rendered.
 * So the address and the time are taken at once, and the message is made a moment later, or earlier if
 * the next change or the end of the page comes first. Leaving is heard in the capture phase, that is before
 * the flusher hears it.
 */

import { isHidden } from '../browser/lifecycle.js';
import { listen } from '../browser/listen.js';
import type { Plugin } from '../core/plugin.js';
import type { Undo } from '../core/ports.js';
import { cleanPage } from '../core/scrub.js';

const RENDER_MS = 60;

export const pageview = (): Plugin => ({
  name: 'pageview',
  purpose: 'analytics',
  install({ page, now, guarded, queryParams }) {
    let shown = here();
    let finish: Undo | null = null;

    const settle = guarded(() => {
      const run = finish;
      finish = null;
      if (run) run();
    });
    const view = guarded((referrer: string) => {
      settle();
      const at = now();
      const facts = cleanPage(location.href, referrer, location.host, queryParams);
      // a script in the head runs before the title was parsed
      const wait = document.readyState === 'loading' ? untilParsed : afterRender;
      const cancel = wait(settle);
      finish = () => {
        cancel();
        page(facts, at);
      };
    });
    const changed = guarded(() => {
      const before = location.origin + shown;
      if (here() === shown) return;
      shown = here();
      view(before);
    });

    const undos = [
      patch('pushState', changed),
      patch('replaceState', changed),
      listen(window, 'popstate', changed),
      listen<PageTransitionEvent>(window, 'pageshow', ({ persisted }) => persisted && view(location.href)),
      listen(window, 'pagehide', settle, true),
      listen(window, 'visibilitychange', () => isHidden() && settle(), true),
      whenShown(() => view(document.referrer)),
      settle,
    ];
    return () => {
      for (const undo of undos) undo();
    };
  },
});

const here = () => location.pathname + location.search;

const untilParsed = (run: Undo): Undo => listen(document, 'DOMContentLoaded', run);

function afterRender(run: Undo): Undo {
  const timer = setTimeout(run, RENDER_MS);
  return () => clearTimeout(timer);
}

/** Calls back after each call of a history method; the undo leaves a wrapper that others wrapped inert. */
function patch(method: 'pushState' | 'replaceState', after: () => void): Undo {
  const original = history[method];
  let active = true;
  const wrapper: History['pushState'] = function (this: History, ...args) {
    original.apply(this, args);
    if (active) after();
  };
  history[method] = wrapper;
  return () => {
    active = false;
    if (history[method] === wrapper) history[method] = original;
  };
}

function whenShown(run: () => void): Undo {
  if ((document as Document & { prerendering?: boolean }).prerendering) {
    return listen(document, 'prerenderingchange', run);
  }
  run();
  return () => {};
}
