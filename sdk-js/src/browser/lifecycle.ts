/**
 * The Lifecycle port. `visibilitychange` is the last event a page is sure to get, above all on phones;
 * `pagehide` says whether it goes for good (see Page Lifecycle, https://wicg.github.io/page-lifecycle/).
 * `unload` and `beforeunload` are left alone: they keep pages out of the back/forward cache.
 */

import type { Lifecycle, Undo } from '../core/ports.js';

export function on(target: EventTarget, type: string, run: (event: Event) => void, capture = false): Undo {
  target.addEventListener(type, run, capture);
  return () => target.removeEventListener(type, run, capture);
}

export function webLifecycle(): Lifecycle & { leaving(): boolean } {
  let gone = false;
  return {
    leaving: () => gone || document.visibilityState === 'hidden',
    online: () => navigator.onLine !== false,
    onOnline: (run) => on(window, 'online', run),
    onLeave(run) {
      const offs = [
        on(document, 'visibilitychange', () => {
          if (document.visibilityState === 'hidden') run(false);
        }),
        on(window, 'pagehide', () => {
          gone = true;
          run(true);
        }),
      ];
      return () => {
        for (const off of offs) off();
      };
    },
    onReturn: (run) =>
      on(window, 'pageshow', (event) => {
        gone = false;
        if ((event as PageTransitionEvent).persisted) run();
      }),
  };
}
