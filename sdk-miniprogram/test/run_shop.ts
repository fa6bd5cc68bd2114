/**
 * The walk through the example shop, sending to a real collector: `node run_shop.mjs ENDPOINT WRITE_KEY SHOP`. Prints one
 * JSON object: what the person's walk gave, and how many requests it took. Node's fetch is the network.
 */

import type { Server } from './host/network.js';
import { openShop, walk } from './shop.js';

const [endpoint = '', writeKey = '', root = ''] = process.argv.slice(2);
const peers = new Set<string>();
const server: Server = async ({ url, data, header, method }) => {
  peers.add(new URL(url).host);
  const answer = await fetch(url, { method, headers: header, ...(data && { body: data }) });
  return { status: answer.status, headers: Object.fromEntries(answer.headers), body: await answer.text() };
};

const shop = openShop({ endpoint, writeKey, server, compiler: 'official', root });
// `login` gives a code that the stand-in of WeChat's server knows
Object.assign(shop.host.wx, { login: ({ success }: { success(r: object): void }) => success({ code: 'ok-shopper' }) });
const walked = await walk(shop);
const sent = shop.host.sent().map(({ messageId }) => messageId);
process.stdout.write(
  JSON.stringify({ ...walked, sent, peers: [...peers], requests: shop.host.network.requests.length }),
);
process.exit(0);
