/** Settings and policy from the collector, receipts to it. */

import { expect, it } from 'vitest';
import type { ClientOptions } from '../src/core/api.js';
import { remote } from '../src/core/remote.js';
import { Device, names, settle } from './ports.js';

const rule = (id: string, more = {}) => ({
  ...{ id, version: 'pu1_a', kind: 'general', required: false, mode: 'opt_in', default: 'pending', pending: 'queue' },
  ...{ ttlDays: 180, gpc: 'ignore', title: '', description: '', ...more },
});
const POLICY = {
  mode: 'opt_in',
  policyVersion: 'po1_a',
  locale: 'de',
  notice: { hash: 'no1_a' },
  purposes: [rule('analytics')],
};
const answered = (status: number, body: unknown = {}) => ({ status, retryAfter: null, body: JSON.stringify(body) });
const GRANTED = answered(201, { receipt: { id: 'r-1' }, state: { policyVersion: 'po1_a' }, token: 't-1' });

async function visit(device: Device, options: Partial<ClientOptions> = {}) {
  const tab = device.tab(options);
  tab.client.use(remote());
  await settle();
  return tab;
}

function collector(settings: unknown = { consent: POLICY }): Device {
  const device = new Device();
  device.answers.set('/settings', settings);
  device.answers.set('/receipts', GRANTED);
  return device;
}

it('asks for settings at once and for nothing else; until they are there, and without them, the strictest holds', async () => {
  const device = new Device();
  const { client } = await visit(device);
  client.track('A');
  await device.advance(60_000);
  expect(device.got).toEqual([{ url: 'https://c.example/v1/sources/wk/settings?ask=1', token: undefined }]);
  expect([...device.store]).toEqual([]);
  expect(device.sent).toEqual([]);
  expect(client.stats().held).toBe(1);
});

it('a stale grant is asked about again, and that notice is counted as well; an old no is not asked again', async () => {
  const device = collector();
  const { client } = await visit(device);
  client.consent.set({ analytics: true });
  await device.advance(1_000);
  const settingsOf = () => device.got.map(({ url }) => url.split('/').pop());
  await visit(device);
  expect(settingsOf()).toEqual(['settings?ask=1', 'settings']);
  // the policy's purpose is another one now
  device.answers.set('/settings', { consent: { ...POLICY, purposes: [rule('analytics', { version: 'pu1_b' })] } });
  const { client: later } = await visit(device);
  expect(settingsOf()).toEqual(['settings?ask=1', 'settings', 'settings', 'settings?ask=1']);
  later.consent.set({ analytics: false });
  device.answers.set('/settings', { consent: { ...POLICY, purposes: [rule('analytics', { version: 'pu1_c' })] } });
  await visit(device);
  expect(settingsOf().slice(4)).toEqual(['settings']);
  // a purpose that is new, but for one that is asked for by itself or that nobody waits for
  const added = (more: object) => ({ consent: { ...POLICY, purposes: [rule('analytics'), rule('research', more)] } });
  for (const more of [{}, { kind: 'separate' }, { default: 'granted' }, { default: 'denied' }]) {
    device.answers.set('/settings', added(more));
    await visit(device);
  }
  expect(settingsOf().slice(5)).toEqual(['settings', 'settings?ask=1', 'settings', 'settings', 'settings']);
});

it('a policy decides, also against the page’s own mode; a bare mode only where the page has none', async () => {
  const open = collector({ consent: { ...POLICY, purposes: [rule('analytics', { default: 'granted' })] } });
  (await visit(open)).client.track('A');
  const strict = collector();
  (await visit(strict, { consentMode: 'opt_out' })).client.track('A');
  const bare = collector({ consent: { mode: 'opt_out' } });
  (await visit(bare)).client.track('A');
  const own = collector({ consent: { mode: 'opt_out' } });
  (await visit(own, { consentMode: 'opt_in' })).client.track('A');
  for (const device of [open, strict, bare, own]) await device.advance(4_000);
  expect([open, strict, bare, own].map(({ sent }) => names(sent))).toEqual([['A'], [], ['A'], []]);
});

it('turns off what the collector says, and keeps the query parameters it declares', async () => {
  const device = collector({ autotrack: { clicks: false, pageview: true }, queryParams: ['sku'] });
  const tab = device.tab();
  const running = new Set<string>();
  const params: (readonly string[])[] = [];
  for (const name of ['clicks', 'pageview']) {
    tab.client.use({
      name,
      install({ queryParams }) {
        running.add(name);
        params.push(queryParams);
        return () => running.delete(name);
      },
    });
  }
  tab.client.use(remote());
  await settle();
  expect([...running]).toEqual(['pageview']);
  expect(params).toEqual([['sku'], ['sku']]);
});

it('posts a receipt of a grant, about this device, and stamps the answer on what follows', async () => {
  const device = collector();
  const { client } = await visit(device);
  client.track('A');
  const how = { action: 'accept_all', method: 'banner', noticeHash: 'no1_a', words: 'banner/0', locale: 'de' } as const;
  client.consent.set({ analytics: true }, how);
  const id = client.getAnonymousId();
  expect(device.posted).toHaveLength(1);
  expect(device.posted[0]).toEqual({
    url: 'https://c.example/v1/consent/receipts',
    body: {
      idempotencyKey: expect.any(String),
      writeKey: 'wk',
      anonymousId: id,
      choices: { analytics: true },
      policyVersion: 'po1_a',
      ...how,
      gpc: false,
      clientTime: new Date(device.now).toISOString(),
    },
  });
  await settle();
  client.track('B');
  await device.advance(4_000);
  const [a, b] = device.sent.flatMap(({ batch }) => batch);
  expect(a?.anonymousId).toBe(id);
  expect(a?.context.consent).toEqual({ categoryPreferences: { analytics: true }, policyVersion: 'po1_a' });
  expect(b?.context.consent).toEqual({
    ...{ categoryPreferences: { analytics: true }, policyVersion: 'po1_a', receiptId: 'r-1', token: 't-1' },
  });
});

it('a choice of single purposes says them; a first no has an id that is used once and kept nowhere', async () => {
  const device = collector();
  const { client } = await visit(device);
  client.consent.set({ analytics: false });
  await device.advance(4_000);
  expect(device.posted[0]?.body).toMatchObject({ action: 'set', choices: { analytics: false }, method: 'api' });
  const { anonymousId } = device.posted[0]?.body ?? {};
  expect(anonymousId).toMatch(/^[0-9a-f-]{36}$/);
  expect(client.getAnonymousId()).toBeNull();
  expect([...device.store.keys()]).toEqual(['fh.wk.consent']);
  expect(JSON.stringify([...device.store])).not.toContain(anonymousId);
});

it('a withdrawal names the device that withdraws, and leaves no id behind', async () => {
  const device = collector();
  const { client } = await visit(device);
  client.consent.set({ analytics: true });
  const id = client.getAnonymousId();
  client.consent.withdraw({ method: 'preferences' });
  await device.advance(4_000);
  expect(device.posted[1]?.body).toMatchObject({ action: 'withdraw', anonymousId: id, method: 'preferences' });
  expect(device.posted[1]?.body).not.toHaveProperty('choices');
  expect([...device.store.keys()]).toEqual(['fh.wk.consent']);
  expect(JSON.stringify([...device.store])).not.toContain(id);
});

it('an undelivered receipt, which holds the id, leaves with it: by a withdrawal, or when the grant has grown old', async () => {
  for (const end of ['withdrawn', 'grown old']) {
    const device = collector();
    device.answers.set('/receipts', answered(0));
    const { client, kill } = await visit(device);
    client.consent.set({ analytics: true });
    client.track('A');
    const id = client.getAnonymousId() as string;
    expect(JSON.stringify(device.store.get('fh.wk.q.receipt'))).toContain(id);
    if (end === 'withdrawn') client.consent.withdraw();
    else {
      kill();
      device.now += 181 * 86_400_000;
      await visit(device);
    }
    expect([...device.store.keys()], end).toEqual(['fh.wk.consent']);
    expect(JSON.stringify([...device.store]), end).not.toContain(id);
  }
});

it('a choice made before the policy is there is posted when it is', async () => {
  const device = new Device();
  const tab = device.tab();
  device.answers.set('/settings', { consent: POLICY });
  tab.client.use(remote());
  tab.client.consent.set({ analytics: true });
  expect(device.posted).toEqual([]);
  await settle();
  expect(device.posted).toMatchObject([{ body: { policyVersion: 'po1_a', choices: { analytics: true } } }]);
  // whoever chose has not seen this notice, nor is it known in which language they were asked
  for (const name of ['noticeHash', 'words', 'locale']) expect(device.posted[0]?.body).not.toHaveProperty(name);
  // and is remembered as what was posted
  expect(tab.client.consent.get()).toMatchObject({ notice: 'no1_a', current: { analytics: true } });
});

it('a grant that is stale is stamped on no event, and neither hidden from the site', async () => {
  const silent = { consent: { ...POLICY, purposes: [rule('analytics', { ttlDays: 30, default: 'granted' })] } };
  const device = collector(silent);
  const { client } = await visit(device);
  client.consent.set({ analytics: true });
  client.track('A');
  await device.advance(4_000);
  device.now += 30 * 86_400_000;
  client.track('B');
  await device.advance(4_000);
  const stamps = device.confirmed.map(({ context }) => context.consent?.categoryPreferences);
  expect(stamps).toEqual([{ analytics: true }, {}]);
  expect(client.consent.get()).toMatchObject({ preferences: { analytics: true }, current: {} });
});

it('what could not be delivered is tried again with the same key, a grant also by the next visit', async () => {
  const device = collector();
  device.answers.set('/receipts', answered(503));
  const { client, kill } = await visit(device);
  client.consent.set({ analytics: true });
  await device.advance(10_000);
  expect(device.posted.length).toBeGreaterThan(2);
  kill();
  device.answers.set('/receipts', GRANTED);
  const tried = device.posted.length;
  await visit(device);
  await device.advance(1);
  await visit(device);
  expect(device.posted).toHaveLength(tried + 1);
  expect(new Set(device.posted.map(({ body }) => body.idempotencyKey)).size).toBe(1);
});

it('a token is renewed by the next visit when half its day is over, if the collector wants to see one', async () => {
  const device = collector({ consent: { ...POLICY, proof: 'token' } });
  device.answers.set('/v1/consent/state', { state: { policyVersion: 'po1_a' }, token: 't-2' });
  const first = await visit(device);
  first.client.consent.set({ analytics: true });
  await settle();
  first.kill();
  device.now += 11 * 3_600_000;
  (await visit(device)).kill();
  device.now += 2 * 3_600_000;
  const { client } = await visit(device);
  client.track('A');
  await device.advance(4_000);
  expect(device.got.filter(({ url }) => url.endsWith('/state'))).toEqual([
    { url: 'https://c.example/v1/consent/state', token: 't-1' },
  ]);
  expect(device.sent[0]?.batch[0]?.context.consent).toMatchObject({ token: 't-2', receiptId: 'r-1' });
});
