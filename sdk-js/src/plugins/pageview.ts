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

import type { Plugin, PluginApi } from '../core/plugin.js';
import type { Undo } from '../core/ports.js';
import { cleanReferrer, cleanUrl, split } from '../core/scrub.js';
import { listen } from './listen.js';

const RENDER_MS = 60;

export const pageview = (): Plugin => ({
  name: 'pageview',
  purpose: 'analytics',
  install(api) {
    const view = createViews(api);
    const changed = api.guarded(() => view.changed());
    const undos = [
      patch('pushState', changed),
      patch('replaceState', changed),
      listen(window, 'popstate', changed),
      listen(
        window,
        'pageshow',
        api.guarded((event: PageTransitionEvent) => event.persisted && view.again()),
      ),
      listen(window, 'pagehide', api.guarded(view.settle)),
      listen(
        window,
        'visibilitychange',
        api.guarded(() => document.visibilityState === 'hidden' && view.settle()),
      ),
      whenShown(api.guarded(() => view.again(document.referrer))),
      view.settle,
    ];
    return () => {
      for (const undo of undos) undo();
    };
  },
});

function createViews(api: PluginApi) {
  let shown = here();
  let waiting: { finish: () => void; timer: number } | null = null;

  function settle(): void {
    if (!waiting) return;
    const { finish, timer } = waiting;
    waiting = null;
    clearTimeout(timer);
    finish();
  }

  function again(referrer = location.href): void {
    settle();
    const at = api.now();
    const url = cleanUrl(location.href, api.queryParams);
    const { path, query } = split(url);
    const from = cleanReferrer(referrer, location.host, api.queryParams);
    const page = { url, path: path || '/', ...(query && { search: `?${query}` }), ...(from && { referrer: from }) };
    const finish = api.guarded(() => api.page(page, at));
    // a script in the head runs before the title was parsed
    if (document.readyState === 'loading') {
      const off = listen(document, 'DOMContentLoaded', api.guarded(settle));
      waiting = { finish: () => (off(), finish()), timer: 0 };
    } else {
      waiting = { finish, timer: window.setTimeout(settle, RENDER_MS) };
    }
  }

  function changed(): void {
    const next = here();
    if (next === shown) return;
    const before = location.origin + shown;
    shown = next;
    again(before);
  }

  return { settle, again, changed };
}

const here = () => location.pathname + location.search;

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
  if (!(document as Document & { prerendering?: boolean }).prerendering) {
    run();
    return () => {};
  }
  return listen(document, 'prerenderingchange', run, { once: true });
}
