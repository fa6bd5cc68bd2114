// Segment's Node client as npm ships it. Usage: node segment_node.mjs <collector> <writeKey> <person> <mail> <ticks>
// Prints one JSON line: the ids of what it sent by names of ours, what it complained about, and whom it talked to.

import diagnostics from 'node:diagnostics_channel';
import { Analytics } from '@segment/analytics-node';

const [host, writeKey, userId, email, ticks] = process.argv.slice(2);
const [sent, errors, peers] = [{}, [], new Set()];
diagnostics.channel('net.client.socket').subscribe(({ socket }) => {
  socket.once('connect', () => peers.add(socket.remoteAddress));
});

const analytics = new Analytics({ writeKey, host, maxRetries: 1, flushAt: 20 });
analytics.on('error', (error) => errors.push(String(error.code ?? error)));

const choice = (given) => ({ consent: { categoryPreferences: { analytics: given } } });
function call(name, verb, message) {
  analytics[verb](message, (_, context) => {
    sent[name] = context?.event.messageId ?? null;
  });
}

call('identify', 'identify', { userId, traits: { email, plan: 'pro' } });
call('track', 'track', { userId, event: 'Order Completed', properties: { total: 42.5, items: [{ sku: 'cup' }] } });
call('page', 'page', { userId, category: 'Docs', name: 'Install', properties: { url: 'https://shop.test/install?token=abc' } });
call('screen', 'screen', { userId, category: 'Main', name: 'Cart', properties: { items: 2 } });
call('group', 'group', { userId, groupId: 'company-3', traits: { seats: 12 } });
call('alias', 'alias', { userId, previousId: 'anonymous-9' });
call('granted', 'track', { userId, event: 'Agreed', context: choice(true) });
call('denied', 'track', { userId, event: 'Refused', context: choice(false) });
for (let n = 0; n < ticks; n++) call(`tick ${n}`, 'track', { anonymousId: 'device-1', event: 'Ticked', properties: { n } });

await analytics.closeAndFlush({ timeout: 10_000 });
console.log(JSON.stringify({ sent, errors, peers: [...peers] }));
