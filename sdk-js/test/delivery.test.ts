/** Queue, flusher and their life over tabs, answers and dying pages. */

import { expect, it } from 'vitest';
import { Device, names, ok, stored } from './ports.js';

const open = { consentMode: 'opt_out' } as const;

it('sends after three seconds, to the batch address, with the key and the time of sending', async () => {
  const device = new Device();
  const { client } = device.tab(open);
  client.track('A');
  await device.advance(2_999);
  expect(device.sent).toEqual([]);
  await device.advance(1);
  expect(device.sent).toHaveLength(1);
  expect(device.sent[0]).toMatchObject({
    url: 'https://c.example/v1/batch',
    writeKey: 'wk',
    sentAt: new Date(device.now).toISOString(),
    keepalive: false,
  });
  expect(stored(device)).toEqual([]);
});

it('sends at twenty events at once, and one request at a time', async () => {
  const device = new Device();
  device.reply = () => 'hang';
  const { client } = device.tab(open);
  for (let i = 0; i < 45; i++) client.track(`E${i}`);
  await device.advance(0);
  expect(device.sent.map(({ batch }) => batch.length)).toEqual([20]);
  device.reply = ok;
  await device.advance(10_000);
  await device.advance(1_000);
  expect(device.sent.map(({ batch }) => batch.length)).toEqual([20, 20, 20, 5]);
  expect(client.stats()).toMatchObject({ captured: 45, sent: 45, pending: 0 });
});

it('what a page that is gone left behind is sent at once, not after three more seconds', async () => {
  const device = new Device();
  device.reply = () => 'hang';
  const first = device.tab(open);
  first.client.track('A');
  await device.advance(0);
  first.kill();
  device.reply = ok;
  device.tab(open);
  await device.advance(0);
  expect(names(device.sent)).toEqual(['A']);
  expect(stored(device)).toEqual([]);
});

it('an event stays stored until it is confirmed, and keeps its id over retries', async () => {
  const device = new Device();
  device.reply = () => ({ status: 503 });
  const { client } = device.tab(open);
  client.track('A');
  await device.advance(3_000);
  expect(stored(device)).toHaveLength(1);
  await device.advance(600_000);
  expect(device.sent.length).toBeGreaterThan(3);
  expect(new Set(device.sent.map(({ batch }) => batch[0]?.messageId)).size).toBe(1);
  device.reply = ok;
  await device.advance(300_000);
  expect(stored(device)).toEqual([]);
  expect(client.stats()).toMatchObject({ sent: 1, pending: 0 });
});

it('waits as long as the collector asks, even when the network comes back', async () => {
  const device = new Device();
  device.reply = () => ({ status: 429, retryAfter: '7' });
  const { client, goOnline } = device.tab(open);
  client.track('A');
  await device.advance(3_000);
  goOnline();
  await device.advance(7_499);
  expect(device.sent).toHaveLength(1);
  await device.advance(1);
  expect(device.sent).toHaveLength(2);
});

it('a network error is forgiven as soon as the network is back', async () => {
  const device = new Device();
  device.random = 0.999;
  device.reply = () => ({ status: 0 });
  const { client, goOnline } = device.tab(open);
  client.track('A');
  await device.advance(3_000);
  device.reply = ok;
  goOnline();
  await device.advance(0);
  expect(client.stats().sent).toBe(1);
});

it('offline it does not try, online it does', async () => {
  const device = new Device();
  device.online = false;
  const { client, goOnline } = device.tab(open);
  client.track('A');
  await device.advance(60_000);
  expect(device.sent).toEqual([]);
  device.online = true;
  goOnline();
  await device.advance(0);
  expect(names(device.sent)).toEqual(['A']);
});

it('a request that hangs is given up after ten seconds and tried again', async () => {
  const device = new Device();
  device.reply = () => 'hang';
  const { client } = device.tab(open);
  client.track('A');
  await device.advance(3_000);
  device.reply = ok;
  await device.advance(9_999);
  expect(device.sent).toHaveLength(1);
  await device.advance(501);
  expect(client.stats().sent).toBe(1);
});

it('a 200 that is not the collector’s confirms nothing', async () => {
  const device = new Device();
  device.reply = () => ({ status: 200, body: '<html>Log in to the airport network</html>' });
  const { client } = device.tab(open);
  client.track('A');
  await device.advance(10_000);
  expect(client.stats()).toMatchObject({ sent: 0, pending: 1 });
});

it('413 halves the batch until the culprit stands alone and is dropped, and says so later', async () => {
  const device = new Device();
  device.reply = ({ batch }) => (batch.some(({ event }) => event === 'BIG') ? { status: 413 } : { body: '{}' });
  const { client } = device.tab(open);
  for (const event of ['A', 'B', 'BIG', 'C', 'D']) client.track(event);
  await device.advance(10_000);
  expect(device.confirmed.map(({ event }) => event).sort()).toEqual(['$lost', 'A', 'B', 'C', 'D']);
  expect(device.confirmed.find(({ event }) => event === '$lost')?.properties).toEqual({
    count: 1,
    reasons: { too_large: 1 },
  });
  expect(client.stats().droppedBy).toEqual({ too_large: 1 });
});

it('400 gives the batch up and counts it; the next one goes', async () => {
  const device = new Device();
  device.reply = () => ({ status: 400 });
  const { client } = device.tab(open);
  client.track('A');
  await device.advance(3_000);
  device.reply = ok;
  client.track('B');
  await device.advance(4_000);
  expect(device.confirmed.map(({ event }) => event)).toEqual(['B', '$lost']);
  expect(client.stats().droppedBy).toEqual({ refused: 1 });
});

it('401 stops sending, reports once, and keeps the events for the next visit', async () => {
  const device = new Device();
  device.reply = () => ({ status: 401 });
  const { client } = device.tab(open);
  const problems: string[] = [];
  client.onError(({ reason }) => problems.push(reason));
  client.track('A');
  await device.advance(3_000);
  client.track('B');
  await device.advance(60_000);
  expect(device.sent).toHaveLength(1);
  expect(problems).toEqual(['stopped']);
  expect(await client.flush(1_000)).toEqual({ sent: 0, pending: 2, dropped: 0 });
  expect(stored(device)).toHaveLength(2);
});

it('an event that the collector refuses is counted under its reason, reported once a reason, and spoils nothing', async () => {
  const device = new Device();
  device.reply = ({ batch }) => ({
    body: JSON.stringify({
      success: true,
      accepted: 1,
      rejected: batch.slice(0, 2).map(({ messageId }) => ({ messageId, reason: 'invalid' })),
    }),
  });
  const { client } = device.tab(open);
  const problems: string[] = [];
  client.onError(({ message }) => problems.push(message));
  for (const event of ['A', 'B', 'C']) client.track(event);
  await device.advance(3_000);
  expect(client.stats()).toMatchObject({ sent: 1, pending: 0, droppedBy: { invalid: 2 } });
  expect(problems).toHaveLength(1);
});

it('leaving sends at once by keepalive, within 64 KB in flight; the rest waits for the next visit', async () => {
  const device = new Device();
  device.reply = () => 'hang';
  const { client, leave, kill } = device.tab(open);
  const blob = 'x'.repeat(10_000);
  for (let i = 0; i < 9; i++) client.track(`E${i}`, { blob });
  leave();
  const leaving = device.sent.filter(({ keepalive }) => keepalive);
  expect(device.sent.length - leaving.length).toBe(1); // over 32 KB one batch did not wait
  const bytes = leaving.map((sent) => JSON.stringify(sent).length);
  expect(bytes.length).toBeGreaterThan(0);
  expect(bytes.reduce((a, b) => a + b)).toBeLessThan(64_000);
  kill();
  device.reply = ok;
  const next = device.tab(open);
  await device.advance(5_000);
  const ids = new Set(device.confirmed.map(({ event }) => event));
  expect([...ids].sort()).toEqual(Array.from({ length: 9 }, (_, i) => `E${i}`));
  expect(next.client.stats()).toMatchObject({ captured: 0, adopted: 9, sent: 9 });
});

it('what is under way when the page leaves goes again, by keepalive and under the same ids, and counts once', async () => {
  const device = new Device();
  device.reply = (sent) => (sent.keepalive ? ok(sent) : 'hang');
  const { client, leave } = device.tab(open);
  client.track('A');
  await device.advance(3_000);
  client.track('B');
  leave();
  expect(device.sent.map(({ keepalive }) => keepalive)).toEqual([false, true]);
  expect(device.aborted).toBe(1);
  const [first, again] = device.sent.map(({ batch }) => batch.map(({ messageId }) => messageId));
  expect(again).toEqual([...(first as string[]), expect.any(String)]);
  await device.advance(20_000);
  expect(device.sent).toHaveLength(2);
  expect(stored(device)).toEqual([]);
  expect(client.stats()).toMatchObject({ captured: 2, sent: 2, pending: 0, dropped: 0 });
});

it('a page that leaves twice sends nothing twice', async () => {
  const device = new Device();
  device.reply = () => 'hang';
  const { client, leave } = device.tab(open);
  client.track('A');
  leave();
  leave();
  expect(device.sent).toHaveLength(1);
});

it('a page that leaves while the collector asks for patience calls nothing back', async () => {
  const device = new Device();
  device.reply = () => ({ status: 503, retryAfter: '60' });
  const { client, leave } = device.tab(open);
  client.track('A');
  await device.advance(3_000);
  leave();
  expect(device.sent).toHaveLength(1);
  expect(device.aborted).toBe(0);
});

it('is bounded in events and in bytes; the oldest goes, counted, and is told to the collector', async () => {
  const device = new Device();
  device.online = false;
  const { client, goOnline } = device.tab({ ...open, maxQueueEvents: 3 });
  for (const event of ['A', 'B', 'C', 'D', 'E']) client.track(event);
  expect(client.stats()).toMatchObject({ queued: 3, droppedBy: { overflow: 2 } });
  expect(stored(device)).toHaveLength(3);
  device.online = true;
  goOnline();
  await device.advance(5_000);
  expect(names(device.sent)).toEqual(['C', 'D', 'E', '$lost']);

  const small = new Device().tab({ ...open, maxQueueBytes: 2_000 });
  for (let i = 0; i < 10; i++) small.client.track('A', { blob: 'x'.repeat(200) });
  const { queued, droppedBy } = small.client.stats();
  expect(queued + (droppedBy.overflow ?? 0)).toBe(10);
  expect(queued).toBeLessThan(5);
});

it('what was lost is told even if the page died first', async () => {
  const device = new Device();
  device.online = false;
  const { client, kill } = device.tab({ ...open, maxQueueEvents: 1 });
  client.track('A');
  client.track('B');
  kill();
  device.online = true;
  device.tab(open);
  await device.advance(5_000);
  expect(names(device.sent)).toEqual(['B', '$lost']);
});

it('works in memory when storage takes nothing', async () => {
  const device = new Device();
  device.quota = 0;
  const { client } = device.tab(open);
  client.track('A');
  await device.advance(3_000);
  expect(client.stats()).toMatchObject({ sent: 1, pending: 0 });
  expect(device.store.size).toBe(0);
});

it('a message over 32 KB is refused, counted, and takes no number', async () => {
  const device = new Device();
  const { client } = device.tab(open);
  client.track('A', { blob: '商'.repeat(12_000) });
  client.track('B');
  await device.advance(3_000);
  expect(device.sent[0]?.batch.map(({ event, context }) => [event, context.seq])).toEqual([['B', 0]]);
  expect(client.stats().droppedBy).toEqual({ too_large: 1 });

  const held = new Device().tab();
  held.client.track('A', { blob: '商'.repeat(12_000) });
  expect(held.client.stats()).toMatchObject({ held: 0, droppedBy: { too_large: 1 } });
});

it('numbers have no gap and no repeat over tabs, restarts and refused events', async () => {
  const device = new Device();
  const [one, two] = [device.tab(open), device.tab(open)];
  one.client.track('A');
  two.client.track('B');
  one.client.track('');
  const cyclic: Record<string, unknown> = {};
  cyclic.self = cyclic;
  one.client.track('cyclic', cyclic);
  one.client.track('C');
  one.kill();
  two.client.track('D');
  device.tab(open).client.track('E');
  await device.advance(5_000);
  const seqs = device.confirmed.map(({ context }) => context.seq as number).sort();
  // the sixth is $lost, which tells of the cyclic one
  expect(seqs).toEqual([0, 1, 2, 3, 4, 5]);
  expect(new Set(device.confirmed.map(({ context }) => context.sessionId)).size).toBe(1);
  expect(one.client.stats().droppedBy).toEqual({ invalid: 2 });
});

it('flush waits for the answer, or for its time to be over', async () => {
  const device = new Device();
  const { client } = device.tab(open);
  client.track('A');
  client.track('$mine');
  const done = client.flush(1_000);
  await device.advance(0);
  expect(await done).toEqual({ sent: 1, pending: 0, dropped: 0 });
  device.reply = () => 'hang';
  client.track('B');
  const late = client.flush(500);
  await device.advance(500);
  expect(await late).toEqual({ sent: 0, pending: 1, dropped: 0 });
});
