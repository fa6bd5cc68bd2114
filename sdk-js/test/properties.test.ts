/** What must hold for any input and any order of things that happen. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { byteLength, slice } from '../src/core/batch.js';
import { decide } from '../src/core/gate.js';
import { next } from '../src/core/retry.js';
import { cleanReferrer, cleanUrl, isPlain } from '../src/core/scrub.js';
import { type SessionState, touch } from '../src/core/session.js';
import { Device, ok } from './ports.js';

it('slice puts every message in exactly one place, in order, within the limits', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(200)),
      fc.integer({ min: 1, max: 10 }),
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: 1, max: 150 }),
      (sizes, maxEvents, maxBytes, maxMessage) => {
        const { batches, tooLarge } = slice(sizes, maxEvents, maxBytes, maxMessage);
        expect([...batches.flat(), ...tooLarge].sort((a, b) => a - b)).toEqual(sizes.map((_, i) => i));
        expect(batches.flat()).toEqual([...batches.flat()].sort((a, b) => a - b));
        for (const batch of batches) {
          const bytes = batch.reduce((sum, i) => sum + (sizes[i] as number), 0);
          expect(batch.length).toBeGreaterThan(0);
          expect(batch.length).toBeLessThanOrEqual(maxEvents);
          expect(bytes <= maxBytes || batch.length === 1).toBe(true);
        }
        for (const i of tooLarge) expect(sizes[i]).toBeGreaterThan(maxMessage);
      },
    ),
  );
});

it('byteLength agrees with the platform’s encoder on what JSON can hold', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const json = JSON.stringify(text);
      expect(byteLength(json)).toBe(new TextEncoder().encode(json).length);
    }),
  );
});

it('a stricter site, GPC or a denial only ever narrows', () => {
  const rank = { deny: 0, hold: 1, allow: 2 };
  const purpose = fc.constantFrom('analytics', 'marketing', 'third_party', 'x-custom');
  const choices = fc.option(fc.dictionary(purpose, fc.boolean()));
  const mode = fc.constantFrom('opt_in', 'opt_out', 'exempt', 'whatever');
  fc.assert(
    fc.property(purpose, choices, mode, fc.boolean(), (p, choice, m, gpc) => {
      const decision = rank[decide(p, choice, m, gpc)];
      expect(rank[decide(p, choice, m, true)]).toBeLessThanOrEqual(decision);
      expect(rank[decide(p, choice, 'opt_in', gpc)]).toBeLessThanOrEqual(decision);
      expect(decide(p, { ...choice, [p]: false }, m, gpc)).toBe('deny');
      expect(decide('necessary', choice, m, gpc)).toBe('allow');
    }),
  );
});

it('a session never goes back: its number counts up by one, its time never falls', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -7_200_000, max: 90_000_000 })), (steps) => {
      let state: SessionState | null = null;
      let now = 1_767_323_045_678;
      for (const [i, step] of steps.entries()) {
        now += step;
        const touched = touch(state, now, `s-${i}`);
        if (!touched.seq) {
          expect(touched).toMatchObject({ id: `s-${i}`, startedAt: now, lastAt: now, seq: 0 });
        } else {
          const before = state as unknown as SessionState;
          expect(touched).toMatchObject({ id: before.id, startedAt: before.startedAt, seq: before.seq + 1 });
          expect(touched.lastAt).toBeGreaterThanOrEqual(before.lastAt);
        }
        state = touched;
      }
    }),
  );
});

it('retry never waits less than 100 ms nor more than 301 s, whatever the answer', () => {
  fc.assert(
    fc.property(
      fc.nat(599),
      fc.option(fc.string()),
      fc.nat(10_000),
      fc.integer({ min: 1, max: 500 }),
      fc.double({ min: 0, max: 0.999_999, noNaN: true }),
      (status, retryAfter, attempt, count, random) => {
        const { action, delayMs } = next(status, retryAfter, attempt, count, random);
        if (action !== 'retry') expect(delayMs).toBe(0);
        else expect(delayMs).toBeGreaterThanOrEqual(/^\d+$/.test(retryAfter ?? '') ? 0 : 100);
        expect(delayMs).toBeLessThan(301_000);
      },
    ),
  );
});

it('no address leaves with a mail address, a fragment or a foreign path', () => {
  const part = fc.constantFrom(
    'a',
    'ada@x.example',
    'ada%40x.example',
    'eyJhbGciOi.eyJzdWIi.abc',
    '商品',
    '%',
    'utm_source',
  );
  const url = fc
    .tuple(
      fc.constantFrom('https://shop.example', 'https://u:p@shop.example', ''),
      fc.array(part),
      fc.array(fc.tuple(part, part)),
      part,
    )
    .map(
      ([origin, path, query, hash]) => `${origin}/${path.join('/')}?${query.map((q) => q.join('=')).join('&')}#${hash}`,
    );
  fc.assert(
    fc.property(url, fc.boolean(), (address, same) => {
      const clean = cleanUrl(address, ['a']);
      expect(clean).not.toMatch(/@|%40|#/);
      expect(clean.split('?')[0]).not.toMatch(/eyJ/);
      expect(cleanUrl(clean, ['a'])).toBe(clean);
      const referrer = cleanReferrer(address, same ? 'shop.example' : 'other.example', ['a']);
      if (!same) expect(referrer).toMatch(/^(https:\/\/shop\.example\/)?$/);
    }),
  );
});

it('letters that are taken as they are without a second look have no other spelling', () => {
  for (let code = 0x4e00; code <= 0x9fff; code++) {
    const letter = String.fromCharCode(code);
    expect(letter.normalize('NFKC') === letter && !/\p{Nd}/u.test(letter)).toBe(true);
  }
});

it('a label with a mail address or a long number is never plain, in whatever digits', () => {
  const digits = fc.array(fc.constantFrom('1', '８', '٤', '9'), { minLength: 7, maxLength: 20 });
  fc.assert(
    fc.property(fc.string(), digits, fc.constantFrom('', ' ', '-', '.'), (text, number, separator) => {
      expect(isPlain(`${text} ${number.join(separator)}`)).toBe(false);
      expect(isPlain(`${text}ada＠x.example`)).toBe(false);
    }),
  );
});

type Step =
  | { do: 'track'; tab: number; purpose: string }
  | { do: 'set'; tab: number; purpose: string; to: boolean }
  | { do: 'withdraw' | 'kill' | 'leave' | 'return'; tab: number }
  | { do: 'reply'; status: number }
  | { do: 'wait'; ms: number };

const tab = fc.nat(2);
const purpose = fc.constantFrom('analytics', 'marketing', 'necessary');
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('track' as const), tab, purpose }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('set' as const), tab, purpose, to: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('withdraw' as const, 'kill' as const, 'leave' as const, 'return' as const),
      tab,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('reply' as const), status: fc.constantFrom(200, 0, 503, 413, 400, -1) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(0, 500, 3_500, 15_000) }) },
);

it('whatever happens: nothing denied is ever sent, nothing is lost uncounted, nothing waits in storage unallowed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.constantFrom('opt_in', 'opt_out'), async (steps, mode) => {
      const device = new Device();
      const start = () => device.tab({ consentMode: mode as 'opt_in', maxQueueEvents: 6 });
      const tabs = [start(), start(), start()];
      const forbidden = new Set<string>();
      const decision = (p: string) => (tabs[0] as (typeof tabs)[0]).client.consent.get().decisions[p];
      let n = 0;
      for (const action of steps) {
        const on = tabs['tab' in action ? action.tab : 0] as (typeof tabs)[0];
        if (action.do === 'track') {
          const event = `E${n++}`;
          if (decision(action.purpose) === 'deny') forbidden.add(event);
          on.client.track(event, {}, { purpose: action.purpose });
        } else if (action.do === 'set') on.client.consent.set({ [action.purpose]: action.to });
        else if (action.do === 'withdraw') on.client.consent.withdraw();
        else if (action.do === 'leave') on.leave();
        else if (action.do === 'return') on.comeBack();
        else if (action.do === 'wait') await device.advance(action.ms);
        else if (action.do === 'reply') {
          const { status } = action;
          device.reply = status < 0 ? () => 'hang' : status === 200 ? ok : () => ({ status });
        } else {
          on.kill();
          tabs[action.tab] = start();
        }
        // at the moment of sending each event is allowed
        for (const sent of device.sent.splice(0)) {
          for (const { event, context } of sent.batch) {
            expect(forbidden.has(event ?? '')).toBe(false);
            expect(
              context.purpose === 'necessary' ||
                context.consent?.categoryPreferences[context.purpose ?? 'analytics'] !== false,
            ).toBe(true);
          }
        }
        for (const { client } of tabs) {
          const { captured, adopted, sent, pending, handedOver, dropped, queued, held } = client.stats();
          expect(captured + adopted).toBe(sent + pending + handedOver + dropped);
          expect(pending).toBe(queued + held);
        }
        const { preferences } = (tabs[0] as (typeof tabs)[0]).client.consent.get();
        const mayStore = decision('analytics') === 'allow' || preferences?.marketing === true;
        if (!mayStore) expect([...device.store.keys()].filter((key) => key !== 'fh.wk.consent')).toEqual([]);
      }
    }),
    { numRuns: 300 },
  );
});

it('with a collector that answers in the end, every allowed event of every tab, living or dead, arrives', async () => {
  const calm = step.filter(
    (s) => s.do !== 'set' && s.do !== 'withdraw' && !(s.do === 'reply' && [413, 400].includes(s.status)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(calm, { maxLength: 30 }), async (steps) => {
      const device = new Device();
      const start = () => device.tab({ consentMode: 'opt_out' });
      const tabs = [start(), start(), start()];
      const wanted = new Set<string>();
      for (const action of steps) {
        const on = tabs['tab' in action ? action.tab : 0] as (typeof tabs)[0];
        if (action.do === 'track') {
          const event = `E${wanted.size}`;
          wanted.add(event);
          on.client.track(event);
        } else if (action.do === 'leave') on.leave();
        else if (action.do === 'return') on.comeBack();
        else if (action.do === 'wait') await device.advance(action.ms);
        else if (action.do === 'reply')
          device.reply =
            action.status === 200 ? ok : action.status < 0 ? () => 'hang' : () => ({ status: action.status });
        else if (action.do === 'kill') {
          on.kill();
          tabs[action.tab] = start();
        }
      }
      device.reply = ok;
      for (const each of tabs) each.kill();
      start();
      await device.advance(700_000);
      expect(new Set(device.confirmed.map(({ event }) => event))).toEqual(wanted);
      const seqs = new Set(device.confirmed.map(({ context }) => `${context.sessionId} ${context.seq}`));
      expect(seqs.size).toBe(wanted.size);
    }),
    { numRuns: 150 },
  );
});
