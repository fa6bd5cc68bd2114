/** Several pages on one storage: whose events are whose, when one dies, is left, or comes back. */

import { expect, it } from 'vitest';
import { Device, names, stored } from './ports.js';

const open = { consentMode: 'opt_out' } as const;

it('a killed tab’s events are adopted by the next one, a living tab’s are not', async () => {
  const device = new Device();
  device.online = false;
  const [dead, alive] = [device.tab(open), device.tab(open)];
  dead.client.track('D');
  alive.client.track('L');
  await device.advance(3_000);
  dead.kill();
  device.online = true;
  device.tab(open);
  await device.advance(3_000);
  expect(names(device.sent)).toEqual(['D']);
  alive.goOnline();
  await device.advance(0);
  expect(names(device.sent)).toEqual(['D', 'L']);
  expect(stored(device)).toEqual([]);
});

it('a tab that lives finds what another has left when it died: with its own next batch', async () => {
  const device = new Device();
  device.online = false;
  const [dead, alive] = [device.tab(open), device.tab(open)];
  await device.advance(0);
  dead.client.track('D');
  dead.kill();
  device.online = true;
  alive.goOnline();
  await device.advance(60_000);
  expect(device.sent, 'nobody has asked').toEqual([]);
  alive.client.track('L');
  await device.advance(3_000);
  expect(names(device.sent)).toEqual(['L', 'D']);
  expect(stored(device)).toEqual([]);
  expect(alive.client.stats()).toMatchObject({ captured: 1, adopted: 1, sent: 2 });
  await device.advance(60_000);
  expect(device.sent).toHaveLength(2);
});

it('a page that was left claims nothing again, whatever answers come, until it is back', async () => {
  const device = new Device();
  const { client, leave, comeBack } = device.tab(open);
  await device.advance(0);
  const held = () => [...device.claims].filter((name) => name.includes('.q.'));
  expect(held()).toHaveLength(1);
  client.track('A');
  leave();
  await device.advance(20_000);
  expect(device.confirmed).toHaveLength(1);
  expect(held()).toEqual([]);
  comeBack();
  leave(); // before the claim that was asked for is there
  await device.advance(0);
  expect(held()).toEqual([]);
  comeBack();
  await device.advance(0);
  expect(held()).toHaveLength(1);
});

it('a page that comes back from the cache hands over what another tab has sent meanwhile', async () => {
  const device = new Device();
  device.online = false;
  const cached = device.tab(open);
  await device.advance(0);
  cached.client.track('A');
  cached.leave();
  device.online = true;
  device.tab(open);
  await device.advance(3_000);
  expect(names(device.sent)).toEqual(['A']);
  cached.comeBack();
  cached.client.track('B');
  await device.advance(3_000);
  expect(names(device.sent)).toEqual(['A', 'B']);
  expect(cached.client.stats()).toMatchObject({ captured: 2, handedOver: 1, sent: 1, pending: 0 });
});
