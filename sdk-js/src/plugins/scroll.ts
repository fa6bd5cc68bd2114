/** One `$scroll` a page for each of 25, 50, 75 and 100 per cent of it that came into view by scrolling. */

import { after, all, listen } from '../browser/listen.js';
import type { Make } from '../browser/web.js';
import { onRoute } from './route.js';

const MARKS = [25, 50, 75, 100];
/** Between looks, in ms: a layout is read here, so not with every frame. */
const PAUSE_MS = 250;

export const scroll: Make = ({ hashRouting } = {}) => ({
  name: 'scroll',
  install({ track, guarded }) {
    let reached = 0;
    let cancel: (() => void) | null = null;

    const look = guarded(() => {
      cancel = null;
      const { scrollHeight } = document.documentElement;
      const seen = (100 * (scrollY + innerHeight + 1)) / scrollHeight;
      for (const percent of MARKS) {
        if (percent <= reached || percent > seen) continue;
        reached = percent;
        track('$scroll', { percent });
      }
    });
    return all([
      listen(window, 'scroll', () => {
        cancel ||= after(PAUSE_MS, look);
      }),
      onRoute(hashRouting, () => {
        reached = 0;
      }),
      () => cancel?.(),
    ]);
  },
});
