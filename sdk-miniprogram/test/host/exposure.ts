/**
 * WeChat's IntersectionObserver (api/wxml/IntersectionObserver).
 *
 *   documented                                                          here
 *   `observe(selector, callback)`: called when a threshold is crossed      `reveal(node)` crosses it for every observer that is on
 *   the result names id, dataset and intersectionRatio of the node        the same
 *   `observeAll` watches every node that matches, not just the first       `reveal` may name any node
 *   selectors are classes and ids, no attributes                          `selectors` says what was asked for
 *   `disconnect` ends it                                                 the same
 */

import type { Seen } from '../../src/wx.js';

export function hostExposure() {
  const active = new Set<{ selector: string; seen: (result: Seen) => void }>();

  const api = {
    createIntersectionObserver(_component: object, _options: object) {
      const mine = new Set<{ selector: string; seen: (result: Seen) => void }>();
      const observer = {
        relativeToViewport: () => observer,
        observe(selector: string, seen: (result: Seen) => void) {
          const one = { selector, seen };
          mine.add(one);
          active.add(one);
        },
        disconnect() {
          for (const one of mine) active.delete(one);
        },
      };
      return observer;
    },
  };
  return {
    api,
    selectors: () => [...active].map(({ selector }) => selector),
    reveal(node: Partial<Seen>) {
      for (const { seen } of [...active]) seen({ id: '', dataset: {}, intersectionRatio: 1, ...node });
    },
  };
}
