/** What a plugin is handed in its tests, and what it said. */

import { vi } from 'vitest';
import type { PluginApi } from '../src/core/plugin.js';
import type { Page, Properties } from '../src/core/protocol.js';

export interface Said {
  event: string;
  properties: Properties | undefined;
  page: Page | undefined;
  at: number | undefined;
  title: string;
}

export const said: Said[] = [];
export const drafts: Pick<Said, 'event' | 'properties' | 'page'>[] = [];

export function forget(): void {
  said.length = drafts.length = 0;
}

const say = (event: string, properties?: Properties, page?: Page, at?: number) =>
  said.push({ event, properties, page, at, title: document.title });

export const api: PluginApi = {
  track: (event, properties, at, page) => say(event, properties, page, at),
  draft: (event, properties, page) => drafts.push({ event, properties, page }),
  page: (page, at) => say('$page', undefined, page, at),
  now: () => Date.now(),
  guarded: (run) => run,
  queryParams: ['q'],
  inside: {} as PluginApi['inside'],
};

type Entry = { target: Element; intersectionRatio: number };

/** An IntersectionObserver that sees what a test shows it; jsdom has no layout and none of its own. */
export function watchNothing(): Set<Element> & { show(target: Element, intersectionRatio: number): void } {
  const watched = new Set<Element>();
  let callback: (entries: unknown[]) => void = () => {};
  class Observer {
    constructor(run: typeof callback) {
      callback = run;
    }
    observe = (element: Element) => watched.add(element);
    unobserve = (element: Element) => watched.delete(element);
    disconnect = () => watched.clear();
  }
  vi.stubGlobal('IntersectionObserver', Observer);
  return Object.assign(watched, {
    show: (target: Element, intersectionRatio: number) => {
      const entry: Entry = { target, intersectionRatio };
      if (watched.has(target)) callback([{ ...entry, intersectionRect: { height: 0 }, rootBounds: { height: 100 } }]);
    },
  });
}
