/** Verbs beside tracking itself: what is registered, stopwatches, the last word before sending, drafts. */

import { expect, it } from 'vitest';
import type { Plugin, PluginApi } from '../src/core/plugin.js';
import { Device, names, ok } from './ports.js';

const open = { consentMode: 'opt_out' } as const;

async function sent(device: Device) {
  await device.advance(4_000);
  return device.sent.flatMap(({ batch }) => batch);
}

it('registered properties go with every track, page and screen, the call’s own win, and they outlive the page', async () => {
  const device = new Device();
  const first = device.tab(open);
  first.client.register({ plan: 'free', shop: 'de' });
  first.client.register({ plan: 'pro' });
  first.client.track('A', { shop: 'fr' });
  first.client.identify('u-1', { age: 3 });
  await device.advance(4_000);
  first.kill();
  const { client } = device.tab(open);
  client.page('Cart');
  client.unregister('shop');
  client.screen('s');
  client.reset();
  client.track('B');
  const [a, i, page, screen, b] = await sent(device);
  expect(a?.properties).toEqual({ plan: 'pro', shop: 'fr' });
  expect(i?.traits).toEqual({ age: 3 });
  expect(i).not.toHaveProperty('properties');
  expect(page?.properties).toEqual({ plan: 'pro', shop: 'de' });
  expect(screen?.properties).toEqual({ plan: 'pro' });
  expect(b).not.toHaveProperty('properties');
});

it('what is registered before a choice is not stored, and what was stored goes with a withdrawal', async () => {
  const device = new Device();
  const { client } = device.tab();
  client.register({ plan: 'pro' });
  client.track('A');
  expect(device.store.size).toBe(0);
  client.consent.set({ analytics: true });
  expect([...device.store.keys()]).toContain('fh.wk.props');
  expect((await sent(device))[0]?.properties).toEqual({ plan: 'pro' });
  client.consent.withdraw();
  expect([...device.store.keys()]).toEqual(['fh.wk.consent']);
});

it('a timed event says how long it took, once', async () => {
  const device = new Device();
  const { client } = device.tab(open);
  client.timeEvent('Upload');
  await device.advance(1_500);
  client.track('Upload', { files: 2 });
  client.track('Upload');
  const [first, second] = await sent(device);
  expect(first?.properties).toEqual({ duration: 1_500, files: 2 });
  expect(second).not.toHaveProperty('properties');
});

it('beforeSend may change a message or veto it; one that throws costs that event; both are counted and take no number', async () => {
  const device = new Device();
  const { client } = device.tab({
    ...open,
    strict: false,
    beforeSend(message) {
      if (message.event === 'Veto') return null;
      if (message.event === 'Boom') throw new Error('boom');
      return { ...message, properties: { ...message.properties, seen: true } };
    },
  });
  for (const event of ['A', 'Veto', 'Boom', 'B']) client.track(event);
  const all = await sent(device);
  expect(all.map(({ event, properties, context }) => [event, properties, context.seq])).toEqual([
    ['A', { seen: true }, 0],
    ['B', { seen: true }, 1],
  ]);
  expect(client.stats()).toMatchObject({ captured: 4, sent: 2, droppedBy: { before_send: 2 } });
});

it('a path of the site’s own is where batches go', async () => {
  const device = new Device();
  device.tab({ ...open, endpoint: '/proxy/', path: '/a/b' }).client.track('A');
  await sent(device);
  expect(device.sent[0]?.url).toBe('/proxy/a/b');
});

it('cookieless keeps nothing on the device but the choice; the id lives as long as the page', async () => {
  const device = new Device();
  const { client, leave } = device.tab({ ...open, cookieless: true });
  client.consent.set({ analytics: true });
  client.track('A');
  client.track('B');
  leave();
  const [a, b] = await sent(device);
  expect([...device.store.keys()]).toEqual(['fh.wk.consent']);
  expect(a?.anonymousId).toBe(b?.anonymousId);
  const next = device.tab({ ...open, cookieless: true }).client;
  next.track('C');
  expect((await sent(device)).at(-1)?.anonymousId).not.toBe(a?.anonymousId);
});

it('wrong arguments throw nothing and cost at most themselves', async () => {
  const device = new Device();
  const { client } = device.tab({ ...open, strict: false });
  const any = client as unknown as Record<string, (...args: unknown[]) => unknown>;
  for (const verb of ['track', 'page', 'screen', 'identify', 'group', 'alias', 'register', 'unregister', 'timeEvent']) {
    for (const wrong of [undefined, null, 7, {}, [], () => 1, Symbol('x')]) any[verb]?.(wrong, wrong, wrong);
  }
  for (const wrong of [undefined, null, 7, 'x', [], { analytics: 'yes' }]) {
    (client.consent.set as (x: unknown) => void)(wrong);
  }
  client.track('Still alive');
  expect(names([{ batch: await sent(device) }])).toContain('Still alive');
});

function drafting(device: Device, options: object = open) {
  let api: PluginApi | undefined;
  const plugin: Plugin = {
    name: 'p',
    install(given) {
      api = given;
      return () => {};
    },
  };
  const tab = device.tab(options);
  tab.client.use(plugin);
  return { ...tab, api: api as unknown as PluginApi };
}

it('a draft is sent only if its tab died, by whoever adopts it, as it was last written, without a number', async () => {
  const device = new Device();
  const { api, kill, client } = drafting(device);
  client.track('A');
  api.draft('$page_leave', { engagedMs: 5 });
  api.draft('$page_leave', { engagedMs: 10 });
  await device.advance(60_000);
  expect(names(device.sent)).toEqual(['A']);
  kill();
  device.tab(open);
  await device.advance(4_000);
  expect(names(device.sent)).toEqual(['A', '$page_leave']);
  const last = device.sent.at(-1)?.batch[0];
  expect(last?.properties).toEqual({ engagedMs: 10 });
  expect(last?.context).not.toHaveProperty('seq');
  device.reply = ok;
  await device.advance(60_000);
  expect(device.sent).toHaveLength(2);
});

it('a draft that was taken back, was never allowed, or was withdrawn is never sent', async () => {
  const device = new Device();
  const first = drafting(device);
  first.api.draft('$page_leave', { engagedMs: 5 });
  first.api.draft('$page_leave');
  first.kill();
  const second = drafting(device);
  second.api.draft('$page_leave', { engagedMs: 6 });
  second.client.consent.withdraw();
  expect([...device.store.keys()]).toEqual(['fh.wk.consent']);
  second.api.draft('$page_leave', { engagedMs: 7 });
  second.kill();
  device.tab(open).client.consent.set({ analytics: true });
  await device.advance(10_000);
  expect(device.sent).toEqual([]);
});
