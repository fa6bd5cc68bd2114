/**
 * Pages on WeChat's own component runtime (exparser, by `miniprogram-simulate`), compiled from wxml by its own compiler or by
 * the one in JavaScript. It has Component, Behavior, templates, events with bubbling and datasets, page lifetimes; it has no
 * App, Page, routes or privacy interfaces: those are the host's.
 *
 *   documented (reference/api/Page)                                     here
 *   functions of `Page(options)` are handlers of the page's template      become `methods` of a component
 *   lifecycles get called by the platform                                 by `call`; `pageLifetimes` of components too
 */

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { JSDOM } from 'jsdom';
import type { HostPage, Renderer } from './routes.js';

export type Compiler = 'official' | 'simulate';

/** A node of the runtime, as far as tests use it. */
export interface Node {
  dispatchEvent(name: string, options?: object): void;
  querySelector(selector: string): Node | undefined;
  querySelectorAll(selector: string): Node[];
  instance: HostPage;
  dom: { innerHTML: string };
}
interface Root extends Node {
  attach(parent: unknown): void;
  detach(): void;
  triggerPageLifeTime(name: string): void;
}
interface Simulate {
  load(path: string, name: string, options: object): string;
  render(id: string): Root;
}
type Scope = Record<string, unknown>;
type Options = Record<string, unknown>;

const DOM = [
  'document',
  'Node',
  'Element',
  'HTMLElement',
  'Text',
  'Event',
  'CustomEvent',
  'DocumentFragment',
  'MutationObserver',
];

/** One mini-program at `root`, whose files are run as they are. `global`: its `app.json` gives these components to all pages. */
export function simulateRenderer(root: string, compiler: Compiler, usingComponents: Record<string, string> = {}) {
  const require = createRequire(import.meta.url);
  const scope = globalThis as unknown as Scope;
  const { window } = new JSDOM('<!doctype html><body></body>', { url: 'https://servicewechat.example' });
  for (const name of DOM) scope[name] = (window as unknown as Scope)[name] || window.document;
  scope.window = window;
  // a plain object, so that the runtime's own pretended interfaces do not stand in for the host's
  const simulate = require('miniprogram-simulate') as Simulate;
  const Component = scope.Component as (options: Options) => unknown;
  const ids = new Map<string, string>();
  const roots = new Map<HostPage, Root>();

  scope.Page = (options: Options) => {
    const methods: Options = {};
    const rest: Options = {};
    for (const name of Object.keys(options))
      (typeof options[name] === 'function' ? methods : rest)[name] = options[name];
    return Component({ ...rest, methods });
  };

  const renderer: Renderer = {
    create(route, query) {
      let id = ids.get(route);
      if (!id) {
        id = simulate.load(join(root, route), 'page', {
          compiler,
          rootPath: root,
          usingComponents: { ...usingComponents },
        });
        ids.set(route, id);
      }
      const made = simulate.render(id);
      // WeChat tells a page who it is before it is attached
      Object.assign(made.instance, { route, options: query });
      const parent = window.document.createElement('div');
      window.document.body.appendChild(parent);
      made.attach(parent);
      roots.set(made.instance, made);
      return made.instance;
    },
    call(page, lifecycle, argument) {
      const run = page[lifecycle];
      if (typeof run === 'function') run.call(page, argument);
      const lifetime = { onShow: 'show', onHide: 'hide' }[lifecycle];
      if (lifetime) roots.get(page)?.triggerPageLifeTime(lifetime);
    },
    destroy(page) {
      roots.get(page)?.detach();
      roots.delete(page);
    },
  };
  return { renderer, view: (page: HostPage) => roots.get(page) as Root };
}
