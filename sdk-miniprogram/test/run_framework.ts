/**
 * What a framework's compiler wrote, run on WeChat's component runtime: `node run_framework.mjs DIST`, where DIST is the folder
 * with `app.json`. The pages are those of `examples/miniprogram-*`: the same two everywhere, so that the same walk goes
 * through all of them. Prints the events that were sent, what was stored or sent before the choice, and the shared card.
 */

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Sdk } from './boot.js';
import { createHost } from './host/host.js';
import { type Node, simulateRenderer } from './host/simulate.js';

const [root = ''] = process.argv.slice(2);
const { pages, usingComponents = {} } = JSON.parse(readFileSync(join(root, 'app.json'), 'utf8'));
const [home, cart] = pages as string[];
const { renderer, view } = simulateRenderer(root, 'official', usingComponents);
const host = createHost({ renderer });
const problems: string[] = [];
console.error = (...parts: unknown[]) => problems.push(parts.map(String).join(' '));
process.on('unhandledRejection', (error) => problems.push(String(error)));

// The bundlers hide the SDK from everybody; the hooks on the constructors are where a second copy would find it
createRequire(join(root, 'app.js'))('./app.js');
const { clients } = (globalThis as unknown as { Component: { __firsthand1: { clients: Record<string, Sdk> } } })
  .Component.__firsthand1;
const sdk = Object.values(clients)[0] as Sdk;
const settle = (ms = 60) => new Promise((resolve) => setTimeout(resolve, ms));

/** The node with this id, on the page itself or in its one component. */
function find(id: string): Node | undefined {
  const page = view(host.top());
  return page.querySelector(`#${id}`) || page.querySelector('#product')?.querySelector(`#${id}`);
}
async function act(type: string, id: string, detail: object = {}): Promise<void> {
  const node = find(id);
  if (!node) throw new Error(`no #${id} on ${host.top().route}: ${view(host.top()).dom.innerHTML}`);
  node.dispatchEvent(type, { bubbles: type === 'tap', composed: type === 'tap', detail });
  await settle();
}

host.launch(home as string, { scene: 1047 });
await settle(200);
await act('tap', 'quiet');
await act('tap', 'more');
const before = { stored: host.store.size, requests: host.network.requests.length };
sdk.consent.set({ analytics: true });
await act('tap', 'later');
await act('confirm', 'search', { value: '13800138000' });
await act('tap', 'add'); // bubbles to the card, which opens the cart
await settle(200);
const opened = host.top().route;
await act('submit', 'order', { value: { phone: '13800138000' } });
await act('tap', 'back');
await settle(200);
const card = host.top().onShareAppMessage && host.fire('onShareAppMessage', { from: 'menu' });
host.hide();
const report = await sdk.flush();
const sent = host.sent();
process.stdout.write(
  JSON.stringify({ before, opened, isCart: opened === cart, card, report, problems, sent, isBuilt: existsSync(root) }),
);
process.exit(0);
