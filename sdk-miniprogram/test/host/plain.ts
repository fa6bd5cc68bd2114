/**
 * Pages without a view, for tests of logic: an instance is what WeChat hands to lifecycles, and `fire` calls a handler as
 * the view would. What the view itself does (binding, bubbling, Behaviors) is tested on WeChat's own runtimes.
 */

import type { HostPage, Query, Renderer } from './routes.js';

type Options = Record<string, unknown>;

export function plainRenderer() {
  const definitions = new Map<string, { options: Options; isComponent: boolean }>();
  let loading: string | null = null;

  /** What `Page(options)` registers. WeChat copies: an instance never is the options object. */
  const register = (isComponent: boolean) => (options: Options) => {
    if (loading !== null) definitions.set(loading, { options, isComponent });
    return isComponent ? loading : undefined;
  };

  const renderer: Renderer = {
    create(route: string, _: Query): HostPage {
      const found = definitions.get(route);
      if (!found) throw new Error(`page ${route} is not registered`);
      const { options, isComponent } = found;
      const { methods, ...rest } = options;
      const page = (isComponent ? { ...rest, ...(methods as Options) } : { ...options }) as HostPage;
      Object.assign(page, {
        is: route,
        setData: (data: object) => Object.assign(page, { data: { ...(page.data as object), ...data } }),
      });
      return page;
    },
    call(page, lifecycle, argument) {
      const run = page[lifecycle];
      if (typeof run === 'function') run.call(page, argument);
      const name = { onShow: 'show', onHide: 'hide' }[lifecycle];
      const also = name && (page.pageLifetimes as Options | undefined)?.[name];
      if (typeof also === 'function') also.call(page);
    },
    destroy: () => {},
  };
  return {
    renderer,
    Page: register(false),
    Component: register(true),
    Behavior: (options: Options) => options,
    /** Runs the file of a page: the constructor it calls registers it under `route`. */
    define(route: string, run: () => void) {
      loading = route;
      run();
      loading = null;
    },
  };
}

export interface Tap {
  type?: string;
  timeStamp?: number;
  id?: string;
  dataset?: Record<string, unknown>;
  target?: object;
  detail?: object;
}

let clock = 1_000;

/** An event as WeChat's documents show it (framework/view/wxml/event): each handler gets an object of its own. */
export function event({ type = 'tap', timeStamp, id = '', dataset = {}, target, detail }: Tap = {}) {
  const node = { id, offsetLeft: 10, offsetTop: 20, dataset };
  return {
    type,
    timeStamp: timeStamp ?? ++clock,
    target: target || node,
    currentTarget: node,
    detail: detail || { x: 15, y: 25 },
    touches: [],
    changedTouches: [],
  };
}
