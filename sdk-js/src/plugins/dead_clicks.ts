/**
 * One `$dead_click` when a click on something that looks as if it would answer changes nothing for two and a half
 * seconds: no element, no address, no scrolling, no selection, no other page.
 */

import { after, all, listen } from '../browser/listen.js';
import type { Make } from '../browser/web.js';
import { describe, isSecret, MEANINGFUL, onEvent } from './element.js';
import { onRoute } from './route.js';

const WAIT_MS = 2_500;
// These answer outside of the page's own elements: a file, a dialog, a tab, a mark in a box
const ELSEWHERE = 'a[download],a[target],a[href^="mailto:"],a[href^="tel:"],label,[type=submit],[type=file],summary';

export const deadClicks: Make = ({ clickText, hashRouting } = {}) => ({
  name: 'dead_clicks',
  install(api) {
    const { guarded, queryParams } = api;
    let cancel: (() => void) | null = null;

    const alive = () => {
      cancel?.();
      cancel = null;
      changes.disconnect();
    };
    const changes = new MutationObserver(alive);
    const clicked = (path: Element[], event: MouseEvent) => {
      alive();
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      changes.observe(document, { childList: true, subtree: true, attributes: true, characterData: true });
      cancel = after(
        WAIT_MS,
        guarded(() => {
          alive();
          // nothing has changed since, so there was no hurry to look
          const element = path.find((each) => each.matches(MEANINGFUL));
          if (element && !isSecret(element) && !path.some((each) => each.matches(ELSEWHERE)))
            api.track('$dead_click', describe(element, queryParams, clickText));
        }),
      );
    };
    return all([
      onEvent(api, 'click', clicked),
      // the document's events pass the window first
      listen(window, 'scroll pagehide blur popstate selectionchange visibilitychange fullscreenchange', alive, true),
      onRoute(hashRouting, alive),
      alive,
    ]);
  },
});
