/**
 * The Lifecycle port. `visibilitychange` is the last event a page is sure to get, above all on phones;
 * `pagehide` says whether it goes for good (see Page Lifecycle, https://wicg.github.io/page-lifecycle/).
 * `unload` and `beforeunload` are left alone: they keep pages out of the back/forward cache.
 */

import type { Lifecycle } from '../core/ports.js';
import { all, isHidden, listen } from './listen.js';

export const webLifecycle: Lifecycle = {
  online: () => navigator.onLine,
  onOnline: (run) => listen(window, 'online', run),
  onLeave: (run) =>
    all([
      listen(document, 'visibilitychange', () => isHidden() && run(false)),
      listen(window, 'pagehide', () => run(true)),
    ]),
  onReturn: (run) => listen<PageTransitionEvent>(window, 'pageshow', ({ persisted }) => persisted && run()),
};
