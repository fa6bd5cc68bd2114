/**
 * Which page is on the screen. Says so once each time a page is shown, and once when it goes away.
 *
 * From WeChat's route events (base library 3.5.5): they name path, query and how the page was opened, and exist in
 * plugins and under Skyline too. Coming back to the front is not a route, so it counts as a show of the page
 * that is on top, unless a route follows at once (a scanned code, a shared card). Below 3.5.5 the lifecycles of
 * pages are watched instead; they say the same without `openType`. `wx.onBeforePageUnload` would add nothing: a page is
 * unloaded by a route, and `onBeforeAppRoute` comes before that, for pages that are only hidden too.
 */

import { subscribe } from '../../sdk-js/src/core/guard.js';
import type { Undo } from '../../sdk-js/src/core/ports.js';
import { type Query, topPage } from './context.js';
import type { Front } from './front.js';
import type { Hooks } from './hooks.js';
import { listen } from './listen.js';
import type { PageInstance, Route } from './wx.js';

export interface View {
  route: string;
  query: Query;
  openType: string | undefined;
  /** When it was shown, in ms. */
  at: number;
}

export interface Views {
  onShow(run: (view: View) => void): Undo;
  onLeave(run: (view: View, at: number) => void): Undo;
  /** Begins, and says at once which page is there already. */
  start(): void;
}

/** A route that belongs to a show follows within the same start-up; a person needs longer for anything. */
const ROUTE_MS = 300;

/** `offs` gets what undoes it. */
export function createViews(front: Front, hooks: () => Hooks, now: () => number, offs: Undo[]): Views {
  const shows = new Set<(view: View) => void>();
  const leaves = new Set<(view: View, at: number) => void>();
  let current: View | null = null;
  let instance: unknown = null;
  let timer: ReturnType<typeof setTimeout> | null = null;

  const stop = () => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
  };

  function leave(at: number): void {
    stop();
    const left = current;
    current = instance = null;
    if (left) for (const run of leaves) run(left, at);
  }

  function show(route: string, query: Query, openType: string | undefined, at: number, of?: unknown): void {
    leave(at);
    const view = { route, query, openType, at };
    current = view;
    instance = of;
    for (const run of shows) run(view);
  }

  function showTop(at: number): void {
    const top = topPage();
    if (top && top.route && !current) show(top.route, top.options, undefined, at, top);
  }

  function byRoutes(): void {
    const routed = ({ path, query, openType, notFound }: Route) => {
      if (!notFound) show(path, query, openType, now());
    };
    const routing = ({ notFound }: Route) => {
      if (!notFound) leave(now());
    };
    offs.push(
      listen('AppRoute', routed),
      listen('BeforeAppRoute', routing),
      front.onShow((_, at) => {
        if (topPage() && !current && timer === null) timer = setTimeout(() => showTop(at), ROUTE_MS);
      }),
    );
  }

  function byLifecycles(): void {
    const known = hooks();
    known.need('Page', ['onShow', 'onHide', 'onUnload']);
    known.need('Component', ['show', 'hide']);
    offs.push(
      known.watch(({ kind, name, self }) => {
        if (kind !== 'Page' && !(kind === 'Component' && self === topPage())) return;
        const { route = '', options } = self as PageInstance;
        if (/^(onS|s)how$/.test(name)) {
          if (!current || instance !== self) show(route, options, undefined, now(), self);
        } else if (/^(onHide|onUnload|hide)$/.test(name) && instance === self) leave(now());
      }),
    );
  }

  return {
    onShow: (run) => subscribe(shows, run),
    onLeave: (run) => subscribe(leaves, run),
    start() {
      offs.push(stop, front.onHide(leave));
      if (wx.onAppRoute) byRoutes();
      else byLifecycles();
      // whoever calls `init` late has missed the route that opened the page on top
      if (!front.hiddenAt()) showTop(now());
    },
  };
}
