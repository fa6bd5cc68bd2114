/** Numbers of a session across tabs that see each other a little late. */

import { expect, it } from 'vitest';
import { Device, settle } from './ports.js';

const open = { consentMode: 'opt_out' } as const;

it('a counter that another process has not seen grow yet never takes this tab’s numbers back', async () => {
  const device = new Device();
  const { client } = device.tab(open);
  client.track('A');
  const stale = device.store.get('fh.wk.session') as string;
  client.track('B');
  device.store.set('fh.wk.session', stale);
  client.track('C');
  await device.advance(3_000);
  expect(device.confirmed.map(({ context }) => context.seq)).toEqual([0, 1, 2]);
});

it('a number that two tabs took in the same moment is kept by one, and the other takes the next', async () => {
  for (const first of [0, 1]) {
    const device = new Device();
    const tabs = [device.tab(open), device.tab(open)];
    tabs[0]?.client.track('A');
    await settle();
    // both read the counter before either sees the other's write: storage is seen late, the events about it later still
    const before = device.store.get('fh.wk.session') as string;
    device.late = true;
    tabs[first]?.client.track('B');
    device.store.set('fh.wk.session', before);
    tabs[1 - first]?.client.track('C');
    device.arrive();
    device.late = false;
    await device.advance(4_000);
    const numbers = device.confirmed.map(({ context }) => context.seq).sort();
    expect(numbers).toEqual([0, 1, 2]);
    expect(new Set(device.confirmed.map(({ context }) => context.sessionId)).size).toBe(1);
  }
});

it('tabs that each made an id before they saw the other’s agree on the older one', () => {
  for (const first of [0, 1]) {
    const device = new Device();
    const tabs = [device.tab(open), device.tab(open)];
    device.late = true;
    tabs[first]?.client.track('A');
    device.store.delete('fh.wk.id');
    device.now += 3;
    tabs[1 - first]?.client.track('B');
    const older = tabs[first]?.client.getAnonymousId();
    expect(tabs[1 - first]?.client.getAnonymousId()).not.toBe(older);
    device.arrive();
    expect(tabs.map(({ client }) => client.getAnonymousId())).toEqual([older, older]);
    expect(device.store.get('fh.wk.id')).toBe(older);
  }
});
