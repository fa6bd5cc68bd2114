/** Clocks that somebody sets, and timers that a browser slows down: nothing is lost, and nobody is asked too often. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type SessionState, touch } from '../src/core/session.js';
import { Device, ok } from './ports.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

type Step =
  | { do: 'track' }
  | { do: 'wait' | 'set' | 'sleep'; ms: number }
  | { do: 'slow'; on: boolean }
  | { do: 'reply'; status: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('track' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(10, 3_500, MINUTE, 7 * MINUTE) }),
  },
  // the clock on the wall jumps, and nothing else happens
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('set' as const),
      ms: fc.constantFrom(-DAY, -HOUR, -5_000, 5_000, HOUR, DAY),
    }),
  },
  // the lid is shut: the clock goes on, timers do not
  { weight: 1, arbitrary: fc.record({ do: fc.constant('sleep' as const), ms: fc.constantFrom(MINUTE, 9 * HOUR) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('slow' as const), on: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('reply' as const), status: fc.constantFrom(200, 0, 503, 429, -1) }),
  },
);

it('whatever the clocks do: each event once, sessions by the rule, and no retry sooner than after 100 ms', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 40 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      async (steps, random) => {
        const device = new Device();
        device.random = random;
        const failed: number[] = [];
        const tried: number[] = [];
        let status = 200;
        const begun = device.now;
        device.reply = (sent) => {
          tried.push(device.now);
          if (status === 200) return ok(sent);
          failed.push(device.now);
          return status < 0 ? 'hang' : { status };
        };
        const start = () => device.tab({ consentMode: 'opt_out' });
        const { client, kill } = start();
        const wanted: [session: number, seq: number][] = [];
        let session = -1;
        let state: SessionState | null = null;
        for (const action of steps) {
          if (action.do === 'track') {
            state = touch(state, device.now + device.skew, `${wanted.length}`);
            if (!state.seq) session++;
            client.track(`E${wanted.length}`);
            wanted.push([session, state.seq]);
          } else if (action.do === 'wait') await device.advance(action.ms);
          else if (action.do === 'slow') device.throttle = action.on ? MINUTE : 1;
          else if (action.do === 'reply') status = action.status;
          else device.skew += action.ms;
        }
        const { captured, sent, pending, dropped } = client.stats();
        expect([captured, dropped]).toEqual([wanted.length, 0]);
        expect(sent + pending).toBe(wanted.length);
        for (const at of failed) expect(tried.filter((again) => again > at && again < at + 100)).toEqual([]);
        // one request after the other: as many as there are waits and events, however long it failed
        expect(tried.length).toBeLessThanOrEqual(1 + wanted.length + (device.now - begun) / 100);
        status = 200;
        device.throttle = 1;
        await device.advance(11 * MINUTE);
        expect(client.stats()).toMatchObject({ pending: 0, dropped: 0 });
        kill();
        const byName = new Map(device.confirmed.map((message) => [message.event, message]));
        expect(byName.size).toBe(wanted.length);
        const ids: string[] = [];
        const got = wanted.map((_, n) => {
          const { sessionId = '', seq } = byName.get(`E${n}`)?.context ?? {};
          if (!ids.includes(sessionId)) ids.push(sessionId);
          return [ids.indexOf(sessionId), seq];
        });
        expect(got).toEqual(wanted);
      },
    ),
    { numRuns: 200 },
  );
});

it('who agreed, and whose clock was then set back, has still agreed: nothing that waits is purged', async () => {
  const device = new Device();
  const { client, kill } = device.tab();
  client.consent.set({ analytics: true });
  device.reply = () => 'hang';
  client.track('A');
  const id = client.getAnonymousId();
  kill();
  device.skew = -HOUR;
  device.reply = ok;
  const next = device.tab();
  next.client.track('B');
  await device.advance(4_000);
  expect(device.confirmed.map(({ event }) => event).sort()).toEqual(['A', 'B']);
  expect(next.client.getAnonymousId()).toBe(id);
});
