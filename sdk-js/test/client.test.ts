/** Verbs, identity and the shield between us and the host. */

import { expect, it } from 'vitest';
import { createClient } from '../src/core/client.js';
import { bornAt, createIds } from '../src/core/identity.js';
import { Device } from './ports.js';

const open = { consentMode: 'opt_out' } as const;

async function messages(device: Device) {
  await device.advance(3_000);
  return device.sent.flatMap(({ batch }) => batch);
}

it('ids are UUIDs of version 7 that carry their birthday', async () => {
  const device = new Device();
  device.tab(open).client.track('A');
  const [message] = await messages(device);
  for (const id of [message?.messageId, message?.anonymousId, message?.context.sessionId]) {
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(bornAt(id as string)).toBe(Date.UTC(2026, 0, 2, 3, 4, 5, 678));
  }
});

it('random digits are made for several ids at a time, and none is used twice', () => {
  let asked = 0;
  const bytes = (count: number) => {
    asked++;
    return crypto.getRandomValues(new Uint8Array(count));
  };
  const newId = createIds({ next: Math.random, bytes }, { now: () => 0 });
  const ids = Array.from({ length: 1_000 }, () => newId());
  expect(asked).toBe(50);
  for (const id of ids) expect(id).toMatch(/^00000000-0000-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(new Set(ids.map((id) => id.slice(14))).size).toBe(1_000);
  expect(new Set(ids.map((id) => id[19])).size).toBe(4);
  expect(newId(Date.UTC(2026, 0, 2)).startsWith(Date.UTC(2026, 0, 2).toString(16).padStart(12, '0').slice(0, 8))).toBe(
    true,
  );
});

it('the anonymous id stays for 13 months from its birth and no longer, however often it is used', () => {
  const device = new Device();
  const first = visit();
  for (let month = 0; month < 12; month++) {
    device.now += 30 * 86_400_000;
    expect(visit()).toBe(first);
  }
  device.now += 40 * 86_400_000;
  expect(visit()).not.toBe(first);

  function visit() {
    const { client, kill } = device.tab(open);
    client.track('A');
    kill();
    return client.getAnonymousId();
  }
});

it('identify names the user from then on; another user is another person; reset forgets', async () => {
  const device = new Device();
  const { client } = device.tab(open);
  client.track('A');
  client.identify('u-1', { plan: 'pro' });
  client.track('B');
  client.identify('u-2');
  client.reset();
  client.track('C');
  const [a, i1, b, i2, c] = await messages(device);
  expect(a).not.toHaveProperty('userId');
  expect(i1).toMatchObject({ type: 'identify', userId: 'u-1', traits: { plan: 'pro' }, anonymousId: a?.anonymousId });
  expect(b?.userId).toBe('u-1');
  expect(i2).toMatchObject({ userId: 'u-2' });
  expect(i2?.anonymousId).not.toBe(a?.anonymousId);
  expect(i2?.context.sessionId).not.toBe(a?.context.sessionId);
  expect(c).not.toHaveProperty('userId');
  expect(c?.anonymousId).not.toBe(i2?.anonymousId);
});

it('group, alias, page and screen have their own shapes', async () => {
  const device = new Device();
  const { client } = device.tab(open);
  client.group('g-1', { size: 3 });
  client.page('Cart', { items: 2 });
  client.screen('pages/cart');
  const before = client.getAnonymousId();
  client.alias('u-1');
  const [group, page, screen, alias] = await messages(device);
  expect(group).toMatchObject({ type: 'group', groupId: 'g-1', traits: { size: 3 } });
  expect(page).toMatchObject({ type: 'page', name: 'Cart', properties: { items: 2 } });
  expect(screen).toMatchObject({ type: 'screen', name: 'pages/cart' });
  expect(alias).toMatchObject({ type: 'alias', userId: 'u-1', previousId: before });
});

it('the caller’s time is kept; one that is no time is not', async () => {
  const device = new Device();
  const { client } = device.tab(open);
  client.track('A', {}, { timestamp: '2025-12-31T23:59:59Z' });
  client.track('B', {}, { timestamp: 'yesterday' });
  client.replay(device.now - 5_000, () => client.track('C'));
  const times = (await messages(device)).map(({ timestamp }) => timestamp);
  const born = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
  expect(times).toEqual([
    '2025-12-31T23:59:59.000Z',
    new Date(born).toISOString(),
    new Date(born - 5_000).toISOString(),
  ]);
});

it('properties that throw cost one event and reach nobody', async () => {
  const device = new Device();
  const { client } = device.tab(open);
  const problems: string[] = [];
  client.onError(({ reason }) => problems.push(reason));
  const bad = {
    get x() {
      throw new Error('no');
    },
  };
  client.track('A', bad);
  client.track('B', { big: 1n as unknown as number });
  client.track('C');
  const [c, lost] = await messages(device);
  expect(c).toMatchObject({ event: 'C' });
  expect(lost).toMatchObject({ event: '$lost', properties: { count: 2, reasons: { invalid: 2 } } });
  expect(problems).toEqual(['invalid', 'invalid']);
});

it('a bug of ours is reported to onError in a host, and thrown in our tests', () => {
  const broken = { name: 'broken', purpose: 'analytics', install: () => { throw new Error('boom'); } }; // biome-ignore format: one line
  const { client } = new Device().tab({ strict: false });
  const problems: string[] = [];
  client.onError(({ message }) => problems.push(message));
  client.use(broken);
  expect(problems).toEqual(['broken: Error: boom']);
  expect(() => new Device().tab({ strict: true }).client.use(broken)).toThrow('boom');
});

it('a plugin is installed once, its undo runs once, and close undoes all', () => {
  const { client, listeners } = new Device().tab(open);
  const calls: string[] = [];
  const plugin = {
    name: 'p',
    purpose: 'analytics',
    install: () => {
      calls.push('install');
      return () => calls.push('undo');
    },
  };
  const undo = client.use(plugin);
  client.use(plugin)();
  expect(calls).toEqual(['install']);
  undo();
  undo();
  client.use(plugin);
  client.close();
  expect(calls).toEqual(['install', 'undo', 'install', 'undo']);
  expect(listeners()).toBe(0);
});

it('a plugin’s purpose is stamped when it is not the default, and gates it', async () => {
  const device = new Device();
  const { client } = device.tab();
  client.use({
    name: 'p',
    purpose: 'personalization',
    install: ({ track }) => {
      track('$exposure', { id: 1 });
      return () => {};
    },
  });
  expect(client.stats().held).toBe(1);
  client.consent.set({ personalization: true });
  const [message] = await messages(device);
  expect(message).toMatchObject({ event: '$exposure', context: { purpose: 'personalization' } });
});

it('a platform that cannot say where it is costs the context, not the event', async () => {
  const device = new Device();
  const { ports } = device.tab(open);
  const facts = () => {
    throw new Error('hostile page');
  };
  const client = createClient(
    { ...ports, facts },
    { writeKey: 'wk', endpoint: '', library: { name: 'x', version: '1' }, consentMode: 'opt_out' },
  );
  client.track('A');
  const [message] = await messages(device);
  expect(message).toMatchObject({ event: 'A', context: { seq: 0 } });
});
