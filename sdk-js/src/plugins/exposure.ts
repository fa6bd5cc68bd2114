/**
 * One `$exposure` for each element marked `data-track-exposure` that was half visible (or filled half the window) for
 * a second without a break; with `data-track-exposure="repeat"` each time it comes back into view.
 */

import { after } from '../browser/listen.js';
import type { Make } from '../browser/web.js';
import type { Undo } from '../core/ports.js';
import { describe, IGNORED } from './element.js';

const MARKED = '[data-track-exposure]';
const SEEN_MS = 1_000;
const FIND_MS = 200;

export const exposure: Make = ({ clickText } = {}) => ({
  name: 'exposure',
  install({ track, guarded, queryParams }) {
    const watched = new WeakSet<Element>();
    const timers = new Map<Node, Undo>();
    let views: IntersectionObserver | undefined;

    function stop(node: Node): void {
      timers.get(node)?.();
      timers.delete(node);
    }
    const seen = guarded((element: Element) => {
      stop(element);
      const { exposure: how, ...properties } = describe(element, queryParams, clickText);
      if (how !== 'repeat') views?.unobserve(element);
      track('$exposure', properties);
    });
    const looked = guarded((entries: IntersectionObserverEntry[]) => {
      for (const { target, intersectionRatio, intersectionRect, rootBounds } of entries) {
        const half = intersectionRatio >= 0.5 || intersectionRect.height >= (rootBounds?.height || innerHeight) / 2;
        if (!half) stop(target);
        else if (!timers.has(target))
          timers.set(
            target,
            after(SEEN_MS, () => seen(target)),
          );
      }
    });
    const find = guarded(() => {
      stop(document);
      for (const element of document.querySelectorAll(MARKED)) {
        if (watched.has(element) || element.closest(IGNORED)) continue;
        watched.add(element);
        // most pages mark nothing, and should not pay for an observer
        views ||= new IntersectionObserver(looked, { threshold: [0, 0.1, 0.25, 0.5] });
        views.observe(element);
      }
    });
    // a page that is rendered anew a hundred times a second is looked through five times
    const changes = new MutationObserver(() => {
      if (!timers.has(document)) timers.set(document, after(FIND_MS, find));
    });
    changes.observe(document, { childList: true, subtree: true });
    find();
    return () => {
      views?.disconnect();
      changes.disconnect();
      for (const cancel of timers.values()) cancel();
    };
  },
});
