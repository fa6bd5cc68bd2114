/**
 * WeChat's page stack (dev/framework/app-service/route; api/base/app/app-route).
 *
 *   documented                                                          here
 *   first page         onLoad, onShow, (rendered) onReady                 the same; openType `appLaunch`
 *   navigateTo         old onHide; new onLoad, onShow                     the same; at most 10 pages
 *   redirectTo         old onUnload; new onLoad, onShow                   the same
 *   navigateBack       old onUnload; page below onShow                    the same
 *   switchTab          tab pages are kept: hidden, and shown again;       the same
 *                      other pages are unloaded
 *   reLaunch           all onUnload; new onLoad, onShow                   the same
 *   hidden, shown      top onHide, App onHide; App onShow, top onShow      host.ts
 *   onBeforeAppRoute   a route was given, its logic not begun             before the first lifecycle
 *   onBeforePageUnload before a page is unloaded                          before its onUnload
 *   onAppRoute         after the logic of the route                       after the last lifecycle; the stack is new
 */

import type { PageInstance } from '../../src/wx.js';

export type OpenType = 'appLaunch' | 'navigateTo' | 'redirectTo' | 'navigateBack' | 'switchTab' | 'reLaunch';
export type Query = Record<string, string>;
export interface HostPage extends PageInstance {
  [name: string]: unknown;
}
/** Makes a page's instance and calls one of its lifecycles. */
export interface Renderer {
  create(route: string, query: Query): HostPage;
  call(page: HostPage, lifecycle: string, argument?: unknown): void;
  destroy(page: HostPage): void;
}
export interface Listeners {
  [event: string]: ((result: never) => void)[];
}

const DEEPEST = 10;

export function createRoutes(
  renderer: Renderer,
  tabs: () => readonly string[],
  emit: (event: string, result: object) => void,
) {
  let stack: HostPage[] = [];
  const kept = new Map<string, HostPage>();
  let count = 0;

  const top = () => stack[stack.length - 1];
  const isTab = (page: HostPage) => tabs().includes(page.route as string);

  function unload(page: HostPage): void {
    emit('onBeforePageUnload', { page, path: page.route, routeEventId: String(count) });
    renderer.call(page, 'onUnload');
    renderer.destroy(page);
    kept.delete(page.route as string);
  }

  function open(route: string, query: Query): void {
    const page = renderer.create(route, query);
    page.route = route;
    page.options = query;
    stack.push(page);
    if (isTab(page)) kept.set(route, page);
    renderer.call(page, 'onLoad', query);
    renderer.call(page, 'onShow');
    renderer.call(page, 'onReady');
  }

  function steps(openType: OpenType, route: string, query: Query, delta: number): void {
    const old = top();
    if (openType === 'navigateTo') {
      if (stack.length >= DEEPEST) throw new Error('navigateTo:fail webview count limit exceed');
      if (old) renderer.call(old, 'onHide');
      open(route, query);
    } else if (openType === 'navigateBack') {
      for (let i = 0; i < delta && stack.length > 1; i++) unload(stack.pop() as HostPage);
      renderer.call(top() as HostPage, 'onShow');
    } else if (openType === 'switchTab') {
      if (old && isTab(old)) renderer.call(old, 'onHide');
      for (const page of stack.filter((each) => !isTab(each)).reverse()) unload(page);
      stack = [];
      const known = kept.get(route);
      if (!known) return open(route, query);
      stack.push(known);
      renderer.call(known, 'onShow');
    } else {
      if (openType === 'redirectTo' && old) {
        unload(old);
        stack.pop();
      } else {
        for (const page of new Set([...stack, ...kept.values()])) unload(page);
        stack = [];
      }
      open(route, query);
    }
  }

  return {
    stack: () => stack,
    top,
    go(openType: OpenType, route: string, query: Query = {}, delta = 1): void {
      const below = stack[stack.length - 1 - delta];
      const [path, options] = openType === 'navigateBack' && below ? [below.route, below.options] : [route, query];
      const said = {
        path,
        query: options,
        openType,
        notFound: false,
        renderer: 'webview',
        routeEventId: String(++count),
      };
      emit('onBeforeAppRoute', said);
      steps(openType, route, query, delta);
      emit('onAppRoute', { ...said, timeStamp: Date.now() });
    },
  };
}
