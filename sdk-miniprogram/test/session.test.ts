/** `$session_start`: the first event of a session, at its time, and nothing where nothing may be recorded. */

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { delivered, load, names, only, type Started, start } from './boot.js';

const NOW = 1_700_000_000_000;
const MINUTE = 60_000;
beforeEach(() => void vi.useFakeTimers({ now: NOW }));
afterEach(() => void vi.useRealTimers());

async function all(started: Started) {
  const sent = delivered(started);
  await vi.advanceTimersByTimeAsync(5_000);
  return sent;
}

it('once at the start, and again after half an hour without an event', async () => {
  const { host, sdk } = await start();
  const [first] = await all({ host, sdk });
  expect(first).toMatchObject({ event: '$session_start', context: { seq: 0 } });
  sdk.register({ plan: 'pro' });
  host.hide();
  await vi.advanceTimersByTimeAsync(31 * MINUTE);
  host.show();
  const sent = await all({ host, sdk });
  const [, second, ...more] = only(sent, '$session_start');
  expect(more).toEqual([]);
  const index = sent.indexOf(second as never);
  expect(names(sent.slice(index, index + 2))).toEqual(['$session_start', '$app_show']);
  expect(second).toMatchObject({
    context: { seq: 0, page: { path: '/pages/home/home' } },
    properties: { plan: 'pro' },
  });
  expect(second?.timestamp).toBe(sent[index + 1]?.timestamp);
  expect(new Set(sent.map(({ context }) => context.sessionId)).size).toBe(2);
  // each session counts from 0, without a gap
  expect(sent.slice(index).map(({ context }) => context.seq)).toEqual([...sent.slice(index).keys()]);
});

it('within half an hour the session goes on', async () => {
  const { host, sdk } = await start();
  host.hide();
  await vi.advanceTimersByTimeAsync(29 * MINUTE);
  host.show();
  expect(only(await all({ host, sdk }), '$session_start')).toHaveLength(1);
});

it('a session that began before consent begins when it did; a denied one has none', async () => {
  const { host, sdk } = await load();
  host.launch('pages/home/home');
  await vi.advanceTimersByTimeAsync(10_000);
  sdk.consent.set({ analytics: true });
  const [began] = await all({ host, sdk });
  expect(began).toMatchObject({ event: '$session_start', timestamp: new Date(NOW).toISOString() });

  sdk.consent.withdraw();
  sdk.track('Needed', {}, { purpose: 'necessary' });
  const sent = await all({ host, sdk });
  expect(only(sent, 'Needed')).toHaveLength(1);
  expect(only(sent, '$session_start')).toHaveLength(1);
});

it('is switched off by its name, and what it counts balances', async () => {
  const { host, sdk } = await start({ autotrack: { session: false } });
  expect(only(await all({ host, sdk }), '$session_start')).toEqual([]);
  const { captured, sent, dropped, pending } = sdk.stats() as never as Record<string, number>;
  expect(captured).toBe((sent as number) + (dropped as number) + (pending as number));
});
