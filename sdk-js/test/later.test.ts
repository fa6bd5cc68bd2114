/** What plugins see is written down in a task of its own: nobody may notice, whatever comes in between. */

import { expect, it } from 'vitest';
import type { PluginApi } from '../src/core/plugin.js';
import { Device, names, settle } from './ports.js';

function open(device: Device, consentMode: 'opt_in' | 'opt_out' = 'opt_out') {
  const tab = device.tab({ consentMode });
  let api = {} as PluginApi;
  tab.client.use({
    name: 'x',
    install(given) {
      api = given;
      return () => {};
    },
  });
  return { ...tab, seen: (event: string) => api.track(event) };
}
const kept = (device: Device) => [...device.store.keys()].filter((key) => key.startsWith('fh.wk.q.'));

it('the handler itself writes nothing; the next task does', async () => {
  const device = new Device();
  const { seen, client } = open(device);
  seen('$click');
  expect(kept(device)).toEqual([]);
  await device.advance(0);
  expect(kept(device)).toHaveLength(1);
  expect(client.stats()).toMatchObject({ captured: 1, queued: 1 });
});

it('a call that follows at once comes after it, in order and number', async () => {
  const device = new Device();
  const { seen, client } = open(device);
  seen('$click');
  client.track('Bought');
  expect(kept(device)).toHaveLength(2);
  await device.advance(3_000);
  expect(names(device.sent)).toEqual(['$click', 'Bought']);
  expect(device.confirmed.map(({ context }) => context.seq)).toEqual([0, 1]);
});

it('a page that is left in the same task sends it', () => {
  const device = new Device();
  const { seen, leave } = open(device);
  seen('$click');
  leave();
  expect(names(device.sent)).toEqual(['$click']);
});

it('a choice made here in the meantime finds it done; one made elsewhere decides about it', async () => {
  const device = new Device();
  const { seen, client } = open(device);
  seen('$click');
  client.consent.set({ analytics: false });
  await device.advance(5_000);
  expect(device.sent).toEqual([]);
  expect(client.stats()).toMatchObject({ captured: 1, pending: 0, dropped: 1 });

  const other = new Device();
  const [first, second] = [open(other), open(other)];
  first.seen('$click');
  second.client.consent.withdraw();
  expect(first.client.stats()).toMatchObject({ captured: 1, pending: 0, dropped: 1, droppedBy: { no_consent: 1 } });
  await other.advance(5_000);
  expect(other.sent).toEqual([]);
  expect([...other.store.keys()]).toEqual(['fh.wk.consent']);
  expect(first.client.getAnonymousId()).toBeNull();
});

it('belongs to who was there when it happened', async () => {
  const device = new Device();
  const { seen, client } = open(device);
  client.identify('u-1');
  seen('$click');
  client.reset();
  seen('$click');
  await device.advance(3_000);
  await settle();
  const [, one, two] = device.confirmed;
  expect([one?.userId, two?.userId]).toEqual(['u-1', undefined]);
  expect(one?.anonymousId).not.toBe(two?.anonymousId);
  expect([one?.context.seq, two?.context.seq]).toEqual([1, 0]);
});

it('what is held for a choice is released all the same', async () => {
  const device = new Device();
  const { seen, client } = open(device, 'opt_in');
  seen('$click');
  expect(client.stats()).toMatchObject({ held: 1 });
  client.consent.set({ analytics: true });
  seen('$click');
  client.close();
  expect(kept(device)).toHaveLength(2);
});
