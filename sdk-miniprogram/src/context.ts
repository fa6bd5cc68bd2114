/**
 * The facts of a mini-program at one moment.
 *
 * What the mini-program itself is doing (page, scene) is noted at once. What describes the device is a port of its own
 * (`createDevice`), which the core asks behind the gate. So an event that waits for consent, and one that is denied, has
 * read nothing.
 *
 * `getSystemInfo*` is never called: it warns since base library 3.4 and blocks. Where the newer functions are
 * missing the device stays unknown.
 */

import type { Facts, Page } from '../../sdk-js/src/core/protocol.js';
import { cleanUrl, split } from '../../sdk-js/src/core/scrub.js';
import type { Entry, PageInstance } from './wx.js';

export type Query = Record<string, unknown> | undefined;

/** How the mini-program came to the front the last time; WeChat keeps it. */
export const entered = (): Partial<Entry> => (wx.getEnterOptionsSync ? wx.getEnterOptionsSync() : {});

export const createFacts = (queryParams: readonly string[]) => (): Facts => {
  const page = topPage();
  return {
    page: page && page.route ? pageFacts(page.route, page.options, queryParams) : undefined,
    scene: entered().scene,
  } as Facts;
};

export function createDevice(networkKind: () => string | null): () => Facts {
  let known: Facts | null = null;

  /** Does not change while the mini-program runs, but for the window, which may. */
  function readDevice(): Facts {
    const facts: Facts = {};
    if (wx.getDeviceInfo) {
      const { platform, system, brand, model } = wx.getDeviceInfo();
      facts.os = { name: platform, version: system };
      facts.device = { type: 'mobile', manufacturer: brand, model };
    }
    if (wx.getAppBaseInfo) facts.locale = wx.getAppBaseInfo().language;
    if (wx.getAccountInfoSync) {
      const { appId, version } = wx.getAccountInfoSync().miniProgram;
      facts.app = version ? { name: appId, version } : { name: appId };
    }
    return facts;
  }

  return () => {
    known = known || readDevice();
    const facts: Facts = { ...known, network: networkKind() || undefined };
    if (wx.getWindowInfo) {
      const { screenWidth, screenHeight, pixelRatio, windowWidth, windowHeight } = wx.getWindowInfo();
      facts.screen = { width: screenWidth, height: screenHeight, density: pixelRatio };
      facts.viewport = { width: windowWidth, height: windowHeight };
    }
    return facts;
  };
}

export function topPage(): PageInstance | null {
  const pages = typeof getCurrentPages === 'undefined' ? [] : getCurrentPages();
  return pages[pages.length - 1] || null;
}

/** A page as `context.page` wants it: `/pages/cart/cart`, and of the query only what may stay. */
export function pageFacts(route: string, query: Query, queryParams: readonly string[]): Page {
  const url = cleanUrl(pathOf(route) + search(query), queryParams);
  const [, , path, kept] = split(url);
  return kept ? { url, path, search: `?${kept}` } : { path };
}

/** One spelling for `pages/a/a` and `/pages/a/a`. */
export function pathOf(route: string): string {
  return route[0] === '/' || route.indexOf('://') > 0 ? route : `/${route}`;
}

function search(query: Query): string {
  const pairs = Object.keys(query || {}).map((name) => `${name}=${String((query as Record<string, unknown>)[name])}`);
  return pairs.length ? `?${pairs.join('&')}` : '';
}
