/**
 * One `$page_leave` for each page that was shown: how long somebody was there (`engagedMs`: the page visible and a
 * sign of life within the last 30 seconds) and how far down they came (`maxScroll`, per cent of the page seen).
 *
 * A tab that is killed says nothing. So every few seconds the event as it would be now is kept as a draft beside
 * the queue; whoever adopts a dead tab's events finds it among them.
 */

import { address, pageAt } from '../browser/context.js';
import { webLifecycle } from '../browser/lifecycle.js';
import { all, isHidden, listen } from '../browser/listen.js';
import type { Make } from '../browser/web.js';
import type { Page } from '../core/protocol.js';
import { onRoute } from './route.js';

const IDLE_MS = 30_000;
const BEAT_MS = 5_000;

export const pageLeave: Make = ({ hashRouting } = {}) => ({
  name: 'page_leave',
  install({ track, draft, now, guarded, queryParams }) {
    let page: Page;
    let engagedMs: number;
    let depth: number;
    let counted: number;
    let active: number;
    let hidden: boolean;
    let left = true;

    function begin(): void {
      page = pageAt(address(hashRouting), document.referrer, queryParams);
      engagedMs = depth = 0;
      counted = active = now();
      hidden = isHidden();
      left = false;
    }
    const scrolled = () => {
      depth = Math.max(depth, scrollY + innerHeight);
    };
    /** Adds the time since it was last called, as far as somebody was there; a clock that jumps adds no more. */
    function count(): void {
      const at = now();
      if (!hidden) engagedMs += Math.max(0, Math.min(at, active + IDLE_MS) - counted);
      hidden = isHidden();
      counted = at;
    }
    const said = () => {
      // where nobody has scrolled; not looked at before, because a page that begins has no layout yet
      scrolled();
      return {
        engagedMs,
        maxScroll: Math.min(100, Math.round((100 * depth) / (document.documentElement.scrollHeight || 1))),
      };
    };
    const alive = guarded(() => {
      count();
      active = counted;
    });
    const beat = guarded(() => {
      const before = engagedMs;
      count();
      if (!left && engagedMs > before) draft('$page_leave', said(), page);
    });
    const end = guarded(() => {
      if (left) return;
      count();
      left = true;
      draft('$page_leave');
      track('$page_leave', said(), undefined, page);
    });
    const timer = setInterval(beat, BEAT_MS);
    begin();
    return all([
      listen(window, 'pointermove pointerdown keydown wheel touchmove', alive, true),
      listen(window, 'scroll', guarded(scrolled)),
      listen(window, 'visibilitychange', () => (isHidden() ? beat : alive)(), true),
      listen(window, 'pagehide', end, true),
      webLifecycle.onReturn(guarded(begin)),
      onRoute(hashRouting, () => {
        end();
        begin();
      }),
      () => clearInterval(timer),
      end,
    ]);
  },
});
