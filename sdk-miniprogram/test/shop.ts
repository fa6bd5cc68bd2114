/**
 * The example shop (examples/miniprogram) on WeChat's component runtime, and a person's way through it. The very files that
 * open in WeChat DevTools are run, with the built SDK in them.
 */

import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { InitOptions } from '../src/index.js';
import type { Sdk } from './boot.js';
import { createHost } from './host/host.js';
import type { Server } from './host/network.js';
import { type Compiler, type Node, simulateRenderer } from './host/simulate.js';

export const SHOP = fileURLToPath(new URL('../../examples/miniprogram', import.meta.url));
const EVERYWHERE = { 'firsthand-consent': '/firsthand/components/consent/consent' };
const TABS = ['pages/home/home', 'pages/cart/cart'];

export interface Shop {
  endpoint: string;
  writeKey: string;
  server?: Server;
  compiler: Compiler;
  root?: string;
}

export function openShop({ endpoint, writeKey, server, compiler, root = SHOP }: Shop) {
  const require = createRequire(`${root}/app.js`);
  const { renderer, view } = simulateRenderer(root, compiler, EVERYWHERE);
  const host = createHost({ renderer, tabs: TABS, ...(server && { server }) });
  Object.assign(require('./config.js'), { endpoint, writeKey } satisfies InitOptions);
  require('./app.js');
  const { firsthand } = require('./firsthand/firsthand.js') as { firsthand: Sdk };

  const settle = (ms = 20) => new Promise((resolve) => setTimeout(resolve, ms));
  /** Answers come when they come: a walk goes on once it is so, or half a minute later, to fail where it looks. */
  async function until(so: () => unknown): Promise<void> {
    for (const end = Date.now() + 30_000; !so() && Date.now() < end; ) await settle();
  }
  /** A tap on what is found by these selectors, one inside the other. */
  async function tap(...selectors: string[]): Promise<void> {
    await act('tap', {}, ...selectors);
  }
  async function act(type: string, detail: object, ...selectors: string[]): Promise<void> {
    let node: Node | undefined = view(host.top());
    for (const selector of selectors) node = node?.querySelector(selector);
    if (!node) throw new Error(`there is no ${selectors.join(' ')} on ${host.top().route}`);
    node.dispatchEvent(type, { bubbles: true, composed: true, detail });
    await settle();
  }
  return { host, firsthand, settle, until, tap, act, html: () => view(host.top()).dom.innerHTML };
}

/** What the person does, and what must not have happened before they agreed. */
export async function walk({ host, firsthand, settle, until, tap, act, html }: ReturnType<typeof openShop>) {
  host.launch('pages/home/home', { scene: 1047 });
  await settle(150);
  await until(() => html().includes('不同意'));
  await tap('#card-T-102', '.add');
  const before = {
    requests: host.network.requests.filter(({ method }) => method !== 'GET').length,
    stored: host.store.size,
    asked: html().includes('不同意'),
  };

  host.privacy.tapAgreeButton('fh-consent-agree');
  await act('agreeprivacyauthorization', {}, '#consent', '#fh-consent-agree');
  const who = await firsthand.login();
  host.exposure.reveal({ id: 'card-T-101', dataset: { trackExposure: 'product', trackSku: 'T-101' } });
  await tap('#card-T-101', '.card');
  const card = host.fire('onShareAppMessage', { from: 'menu' });
  host.fire('onAddToFavorites', {});
  await tap('#story');
  const shown = () => (host.top() as unknown as { data: { src: string } }).data.src;
  await until(shown);
  const page = shown();
  host.back();
  await tap('#buy');
  await act('submit', { value: { phone: '13800138000' } }, '#order');
  await tap('#home');
  host.hide();
  await settle(50);
  host.show();
  await settle(400);
  host.hide();
  const report = await firsthand.flush(10_000);
  return { before, who, card, page, report, stats: firsthand.stats(), anonymousId: firsthand.getAnonymousId() };
}
