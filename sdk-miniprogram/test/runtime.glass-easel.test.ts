/**
 * The second runtime: glass-easel, the component framework of WeChat's newer base libraries. The example's card (a Component with
 * a Behavior) on a page, compiled by its own template compiler: taps bubble, `catch:` stops them, datasets are camel case.
 */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { JSDOM } from 'jsdom';
import { expect, it } from 'vitest';
import { delivered, names, OPTIONS, only, type Sdk } from './boot.js';
import { createHost } from './host/host.js';
import type { HostPage, Renderer } from './host/routes.js';
import { SHOP } from './shop.js';

type Constructor = (...args: unknown[]) => unknown;
interface Element {
  shadowRoot: { getElementById(id: string): Element; querySelector(selector: string): Element };
  getShadowRoot(): Element['shadowRoot'] | null;
  triggerEvent(name: string, detail: object, options: object): void;
}
interface Root {
  get(): HostPage;
  getComponent(): Element;
}

const require = createRequire(import.meta.url);
const scope = globalThis as unknown as Record<string, unknown>;
const PAGE = 'pages/home/home';
const CARD = 'components/product-card/product-card';

it('taps on glass-easel: a Behavior’s handler, a component’s, a page’s; one event for each', async () => {
  const { window } = new JSDOM('<!doctype html><body></body>');
  for (const name of ['document', 'Node', 'Element', 'HTMLElement', 'Event', 'CustomEvent', 'MutationObserver']) {
    scope[name] = (window as unknown as Record<string, unknown>)[name] || window.document;
  }
  scope.window = window;
  const { MiniProgramEnv } = require('glass-easel-miniprogram-adapter');
  const { TmplGroup } = require('glass-easel-template-compiler');
  const runtime = new MiniProgramEnv();
  const space = runtime.createCodeSpace('', true);
  const template = (path: string, wxml: string) => {
    const group = new TmplGroup();
    // this compiler knows only the form with a colon; WeChat's documents call the two equal
    group.addTmpl(path, wxml.replace(/\b(bind|catch)tap=/g, '$1:tap='));
    const groupList = new Function(`return ${group.getTmplGenObjectGroups()}`)();
    group.free();
    space.addCompiledTemplate(path, { groupList, content: groupList[path] });
  };
  // each file has constructors of its own; what an app sees are these globals
  let env: Record<string, Constructor> = {};
  for (const kind of ['Page', 'Component', 'Behavior']) scope[kind] = (...args: unknown[]) => env[kind]?.(...args);

  const backend = runtime.associateBackend();
  const roots: Root[] = [];
  const renderer: Renderer = {
    create(route) {
      const root: Root = backend.createRoot('body', space, route);
      roots.push(root);
      return root.get();
    },
    call(page, lifecycle, argument) {
      const run = page[lifecycle];
      if (typeof run === 'function') run.call(page, argument);
    },
    destroy() {},
  };
  const host = createHost({ renderer });
  const { init } = await import('../src/index.js');
  const sdk = init({ ...OPTIONS, consentMode: 'opt_out' }) as Sdk;
  scope.getApp = () => ({ globalData: { cart } });
  const cart: string[] = [];
  const opened: string[] = [];
  host.wx.navigateTo = ({ url }: { url: string }) => opened.push(url);

  space.addComponentStaticConfig(CARD, { component: true });
  template(CARD, readFileSync(`${SHOP}/${CARD}.wxml`, 'utf8'));
  space.addComponentStaticConfig(PAGE, { usingComponents: { 'product-card': `/${CARD}` } });
  template(
    PAGE,
    '<product-card id="card" product="{{product}}"/><div id="settings" bindtap="settings" data-track="settings"/>',
  );
  const load = (path: string, run: () => void) =>
    space.componentEnv(path, (given: Record<string, Constructor>) => {
      env = given;
      run();
    });
  load(CARD, () => require(`${SHOP}/${CARD}.js`));
  load(PAGE, () =>
    (scope.Page as Constructor)({ data: { product: { sku: 'T-101', name: '茶', price: 1 } }, settings() {} }),
  );
  host.launch(PAGE);

  const tap = (element: Element, x: number) =>
    element.triggerEvent('tap', { x, y: 1 }, { bubbles: true, composed: true });
  const onPage = (roots[0] as Root).getComponent().getShadowRoot() as Element['shadowRoot'];
  const onCard = onPage.getElementById('card').getShadowRoot() as Element['shadowRoot'];
  tap(onCard.querySelector('.add'), 1);
  tap(onCard.querySelector('.name'), 2);
  tap(onPage.getElementById('settings'), 3);
  expect(cart).toEqual(['T-101']);
  expect(opened).toEqual(['/pages/product/product?sku=T-101']);

  const sent = await delivered({ host, sdk });
  expect(names(sent)).toEqual(['$session_start', '$app_launch', '$app_show', '$page', '$click', '$click', '$click']);
  expect(
    only(sent, '$click').map(({ properties }) => [properties?.handler, properties?.name, properties?.sku]),
  ).toEqual([
    ['addToCart', 'add', 'T-101'],
    ['open', 'product', 'T-101'],
    ['settings', 'settings', undefined],
  ]);
  sdk.close();
});
