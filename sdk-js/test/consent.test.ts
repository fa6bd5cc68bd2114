/** What may happen before, with, against and after consent; above all what must not. */

import { expect, it } from 'vitest';
import { Device, names } from './ports.js';

const CHOICE = 'fh.wk.consent';

it('before a choice nothing is sent, stored or minted, and only the choice is looked for', async () => {
  const device = new Device();
  const { client, leave } = device.tab();
  client.track('A');
  client.identify('u-1', { plan: 'pro' });
  client.page();
  await device.advance(60_000);
  leave();
  await device.advance(60_000);
  expect(device.sent).toEqual([]);
  expect([...device.store]).toEqual([]);
  expect(new Set(device.reads)).toEqual(new Set([CHOICE]));
  expect(client.getAnonymousId()).toBeNull();
  expect(client.getSessionId()).toBeNull();
  expect(client.stats()).toMatchObject({ captured: 3, held: 3, pending: 3, sent: 0 });
});

it('a grant releases in order, with the times, the user and the properties of the call', async () => {
  const device = new Device();
  const { client } = device.tab();
  const properties = { n: 1 };
  const times = [new Date(device.now).toISOString()];
  client.track('A', properties);
  properties.n = 2;
  await device.advance(5_000);
  times.push(new Date(device.now).toISOString());
  client.identify('u-1');
  await device.advance(5_000);
  client.consent.set({ analytics: true });
  await device.advance(3_000);
  const [{ batch } = { batch: [] }] = device.sent;
  expect(batch.map(({ timestamp }) => timestamp)).toEqual(times);
  expect(batch.map(({ context }) => context.seq)).toEqual([0, 1]);
  expect(batch[0]).toMatchObject({ event: 'A', properties: { n: 1 } });
  expect(batch[0]).not.toHaveProperty('userId');
  expect(batch[1]).toMatchObject({ type: 'identify', userId: 'u-1' });
  expect(batch[0]?.context.consent).toEqual({ categoryPreferences: { analytics: true } });
});

it('a denial purges what waited, and what is captured under it is never sent', async () => {
  const device = new Device();
  const { client } = device.tab();
  client.track('before');
  client.consent.set({ analytics: false });
  client.track('during');
  client.consent.set({ analytics: true });
  client.track('after');
  await device.advance(3_000);
  expect(names(device.sent)).toEqual(['after']);
  expect(client.stats().droppedBy).toEqual({ no_consent: 2 });
});

it('a grant for one purpose releases only that one', async () => {
  const device = new Device();
  const { client } = device.tab();
  client.track('A');
  client.track('M', {}, { purpose: 'marketing' });
  client.consent.set({ marketing: true });
  await device.advance(3_000);
  expect(names(device.sent)).toEqual(['M']);
  expect(device.sent[0]?.batch[0]?.context.purpose).toBe('marketing');
  expect(client.stats().held).toBe(1);
});

it('withdrawal purges queue and ids, aborts what is in flight, and a later grant starts a new person', async () => {
  const device = new Device();
  const earlier = device.tab();
  earlier.client.consent.set({ analytics: true });
  earlier.kill();
  const { client } = device.tab();
  device.reply = () => 'hang';
  client.identify('u-1');
  await device.advance(3_000);
  client.track('B');
  const first = client.getAnonymousId();
  expect(device.store.size).toBeGreaterThan(3);
  expect(device.aborted).toBe(0);
  client.consent.withdraw();
  expect(device.aborted).toBe(1);
  expect([...device.store.keys()]).toEqual([CHOICE]);
  expect(client.getAnonymousId()).toBeNull();
  await device.advance(600_000);
  expect(device.sent).toHaveLength(1);

  device.reply = () => ({ body: '{}' });
  client.consent.set({ analytics: true });
  client.track('C');
  await device.advance(3_000);
  expect(names(device.confirmed.length ? [{ batch: device.confirmed }] : [])).toEqual(['C']);
  expect(device.confirmed[0]?.anonymousId).not.toBe(first);
  expect(device.confirmed[0]).not.toHaveProperty('userId');
  expect(client.stats()).toMatchObject({ captured: 3, sent: 1, droppedBy: { no_consent: 2 } });
});

it('withdrawal in one tab reaches the others', async () => {
  const device = new Device();
  const [one, two] = [device.tab({ consentMode: 'opt_out' }), device.tab({ consentMode: 'opt_out' })];
  device.online = false;
  one.client.track('A');
  two.client.track('B');
  one.client.optOut();
  device.online = true;
  two.goOnline();
  two.client.track('C');
  await device.advance(60_000);
  expect(device.sent).toEqual([]);
  expect([...device.store.keys()]).toEqual([CHOICE]);
});

it('after withdrawal a purpose that was never asked about is no longer allowed by default', () => {
  const { client } = new Device().tab({ consentMode: 'opt_out' });
  client.consent.withdraw();
  client.track('X', {}, { purpose: 'x-custom' });
  expect(client.stats()).toMatchObject({ held: 1, queued: 0 });
});

it('the choice is remembered', async () => {
  const device = new Device();
  device.tab().client.consent.set({ analytics: true });
  const { client } = device.tab();
  expect(client.consent.get()).toMatchObject({ mode: 'opt_in', preferences: { analytics: true } });
  client.track('A');
  await device.advance(3_000);
  expect(names(device.sent)).toEqual(['A']);
});

it('Global Privacy Control denies marketing even if it was granted, and is stamped', async () => {
  const device = new Device();
  device.gpc = true;
  const { client } = device.tab();
  client.consent.set({ analytics: true, marketing: true });
  client.track('M', {}, { purpose: 'marketing' });
  client.track('A');
  await device.advance(3_000);
  expect(names(device.sent)).toEqual(['A']);
  expect(device.sent[0]?.batch[0]?.context.gpc).toBe(true);
  expect(client.consent.get().decisions).toMatchObject({ marketing: 'deny', third_party: 'deny', analytics: 'allow' });
});

it('necessary events go without consent, and still nothing is stored', async () => {
  const device = new Device();
  const { client } = device.tab();
  client.track('Login failed', {}, { purpose: 'necessary' });
  await device.advance(3_000);
  expect(names(device.sent)).toEqual(['Login failed']);
  expect(device.sent[0]?.batch[0]?.anonymousId).toBeTruthy();
  expect([...device.store]).toEqual([]);
});

it('what waits is bounded, the oldest goes, counted', () => {
  const { client } = new Device().tab();
  for (let i = 0; i < 1_005; i++) client.track(`E${i}`);
  expect(client.stats()).toMatchObject({ captured: 1_005, held: 1_000, droppedBy: { overflow: 5 } });
});

it('and so are its bytes, as those of the queue are, for which it is bound', async () => {
  const device = new Device();
  const { client } = device.tab();
  const text = 'x'.repeat(30_000);
  for (let i = 0; i < 100; i++) client.track(`E${i}`, { text });
  const { held, droppedBy } = client.stats();
  expect(held).toBe(8); // 8 × 30 kB in 256 KB
  expect(droppedBy).toEqual({ overflow: 92 });
  client.consent.set({ analytics: true });
  await device.advance(4_000);
  expect(names(device.sent)).toEqual(['E92', 'E93', 'E94', 'E95', 'E96', 'E97', 'E98', 'E99']);
  const small = new Device().tab({ maxQueueBytes: 500, maxQueueEvents: 3 }).client;
  for (let i = 0; i < 9; i++) small.track('E');
  expect(small.stats().held).toBe(3);
  small.track('E', { text: 'x'.repeat(430) });
  expect(small.stats().held).toBe(1);
});

it('a user named under denial is not remembered', async () => {
  const device = new Device();
  const { client } = device.tab();
  client.consent.set({ analytics: false });
  client.identify('u-1');
  client.consent.set({ analytics: true });
  client.track('A');
  await device.advance(3_000);
  expect(device.sent[0]?.batch[0]).not.toHaveProperty('userId');
});

it('events held before a reset belong to the person before it', async () => {
  const device = new Device();
  const { client } = device.tab();
  client.track('A');
  client.reset();
  client.track('B');
  client.consent.set({ analytics: true });
  await device.advance(3_000);
  const [a, b] = device.sent[0]?.batch ?? [];
  expect(a?.anonymousId).toBeTruthy();
  expect(a?.anonymousId).not.toBe(b?.anonymousId);
});

it('a choice that is not a boolean is no choice; a damaged record asks again', () => {
  const device = new Device();
  device.store.set(CHOICE, '{"at":1,"preferences":');
  const { client } = device.tab();
  client.consent.set({ analytics: 'yes' as unknown as boolean });
  expect(client.consent.get().decisions.analytics).toBe('hold');
});

it('listeners hear a change once, until they undo', () => {
  const { client } = new Device().tab();
  const heard: unknown[] = [];
  const undo = client.consent.onChange(({ preferences }) => heard.push(preferences));
  client.consent.set({ analytics: true });
  undo();
  client.consent.set({ analytics: false });
  expect(heard).toEqual([{ analytics: true }]);
});

it('the gate is asked again before the wire: a signal that came meanwhile still counts', async () => {
  const device = new Device();
  const { client } = device.tab();
  client.consent.set({ analytics: true, marketing: true });
  client.track('M', {}, { purpose: 'marketing' });
  client.track('A');
  device.gpc = true;
  await device.advance(3_000);
  expect(names(device.sent)).toEqual(['A']);
  expect(client.stats()).toMatchObject({ sent: 1, pending: 0, droppedBy: { no_consent: 1 } });
});
