/**
 * The four promises about consent, over random sequences of everything that may happen to a device: choices, policies that
 * the settings endpoint answers, grants that grow old, signals, tabs that are killed or hidden, a collector that fails.
 *
 *   1 nothing captured under a denial is ever sent, and nothing is sent at a moment that does not allow it
 *   2 nothing leaves, is stored or read before consent in an opt-in region
 *   3 order and times survive the wait
 *   4 a withdrawal leaves no id, cookie or queue (on every level of the domain: `consent.cookies.test.ts`)
 *
 * What a rule decides is asked of `weigh` and `decide`, which the golden vectors hold to the collector's answers; what is
 * proved here is that no path around them exists.
 */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Answer, current, decide } from '../src/core/gate.js';
import type { Message, Policy, PurposeRule } from '../src/core/protocol.js';
import { remote } from '../src/core/remote.js';
import { daysOf, weigh } from '../src/core/rule.js';
import { Device, ok } from './ports.js';

const DAY = 86_400_000;
const PURPOSES = ['analytics', 'marketing', 'third_party'] as const;
const CONSENT_KEY = 'fh.wk.consent';

const rule = (id: string): fc.Arbitrary<PurposeRule> =>
  fc.record({
    id: fc.constant(id),
    version: fc.constantFrom('pu1_a', 'pu1_b'),
    kind: fc.constant('general'),
    required: fc.constant(false),
    mode: fc.constant('opt_in'),
    default: fc.constantFrom('pending', 'pending', 'denied', 'granted'),
    pending: fc.constantFrom('queue', 'queue', 'drop', 'cookieless'),
    ttlDays: fc.constantFrom(30, 180),
    gpc: fc.constantFrom('deny', 'ignore'),
    title: fc.constant(''),
    description: fc.constant(''),
  });
const notice = (hash: string) => ({ hash, id: 'n', locale: 'en' }) as NonNullable<Policy['notice']>;
const policy: fc.Arbitrary<Policy> = fc.record({
  mode: fc.constant('opt_in'),
  policyVersion: fc.constant('po1_a'),
  reconsent: fc.constantFrom('hard', 'prompt'),
  notice: fc.constantFrom('no1_a', 'no1_b').map(notice),
  purposes: fc.tuple(...PURPOSES.map(rule)),
});
/** The strictest that a site may say: nothing is granted, and nothing goes without a trace before a choice. */
const optIn: fc.Arbitrary<Policy> = policy.map((one) => ({
  ...one,
  purposes: (one.purposes as readonly PurposeRule[]).map((each) => ({
    ...each,
    default: 'pending',
    pending: each.pending === 'drop' ? 'drop' : 'queue',
  })),
}));

type Step =
  | { do: 'track'; purpose: string }
  | { do: 'set'; purpose: string; to: boolean }
  | { do: 'withdraw' | 'kill' | 'leave' | 'return' | 'signal' | 'expire' | 'close' }
  | { do: 'settings'; policy: Policy | null }
  | { do: 'reply'; status: number }
  | { do: 'wait'; ms: number };

const tracks = fc.record({ do: fc.constant('track' as const), purpose: fc.constantFrom(...PURPOSES) });
const others = (policies: fc.Arbitrary<Policy>): fc.Arbitrary<Step> =>
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.constantFrom<Step>(
        ...(['kill', 'close', 'leave', 'return', 'signal', 'expire'] as const).map((name) => ({ do: name })),
      ),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('settings' as const), policy: fc.option(policies) }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('reply' as const), status: fc.constantFrom(200, 0, 503, -1) }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(0, 500, 3_500, 20_000) }),
    },
  );
const choices: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('set' as const), purpose: fc.constantFrom(...PURPOSES), to: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'withdraw' }) },
);
const anything = (policies: fc.Arbitrary<Policy>) =>
  fc.array(
    fc.oneof(
      { weight: 6, arbitrary: tracks },
      { weight: 3, arbitrary: choices },
      { weight: 5, arbitrary: others(policies) },
    ),
    { maxLength: 40 },
  );

/** A device with one page open at a time, and what a person and a site have said to it. */
class World {
  device = new Device();
  served: Policy | null;
  /** The page's policy: what was served when it opened. */
  policy: Policy | null = null;
  given = new Map<string, Answer>();
  withdrawn = false;
  under: string | undefined;
  captured = new Map<string, { at: number; denied: boolean; purpose: string; n: number }>();
  page: ReturnType<Device['tab']>;
  private n = 0;

  constructor(served: Policy | null) {
    this.served = served;
    this.page = this.start();
  }

  private start() {
    this.policy = null;
    this.device.answers.clear();
    if (this.served) this.device.answers.set('/settings', { consent: this.served });
    this.device.answers.set('/receipts', { status: 200, retryAfter: null, body: '{}' });
    const page = this.device.tab({ flushAt: 3 });
    page.client.use(remote());
    return page;
  }

  decision(purpose: string): string {
    const { gpc, now } = this.device;
    const standing = current(this.given.get(purpose), now);
    const found = this.policy?.purposes?.find(({ id }) => id === purpose);
    if (!found) return decide(purpose, standing ? { [purpose]: standing[0] } : {}, this.withdrawn ? '' : 'opt_in', gpc);
    const asks = this.withdrawn && found.default === 'granted';
    const decision = weigh(asks ? { ...found, default: 'pending' } : found, standing, () => gpc);
    return decision === 'cookieless' ? 'allow' : decision;
  }

  /** A policy is there: from here on, and on later pages before theirs, its days count. */
  arrive(policy: Policy | null): void {
    this.policy = policy;
    if (!policy) return;
    const old = policy.reconsent === 'hard' && this.under !== undefined && this.under !== policy.notice?.hash;
    for (const [purpose, answer] of this.given) {
      const found = policy.purposes?.find(({ id }) => id === purpose);
      answer[3] = old ? -1 : found && daysOf(found, answer[2]);
    }
  }

  private choose(news: Record<string, boolean>): void {
    if (this.policy) {
      for (const [purpose, answer] of [...this.given])
        if (!current(answer, this.device.now)) this.given.delete(purpose);
    }
    for (const [purpose, to] of Object.entries(news)) {
      const version = this.policy?.purposes?.find(({ id }) => id === purpose)?.version;
      this.given.set(purpose, [to, this.device.now, version]);
    }
    this.under = this.policy?.notice?.hash;
    this.arrive(this.policy);
  }

  async step(action: Step): Promise<void> {
    const { device } = this;
    if (action.do === 'track') {
      const event = `E${this.n}`;
      const denied = this.decision(action.purpose) === 'deny';
      this.captured.set(event, { at: device.now, denied, purpose: action.purpose, n: this.n++ });
      this.page.client.track(event, {}, { purpose: action.purpose });
    } else if (action.do === 'set') {
      this.choose({ [action.purpose]: action.to });
      this.page.client.consent.set({ [action.purpose]: action.to });
    } else if (action.do === 'withdraw') {
      const asked = this.page.client.consent.get().decisions;
      this.withdrawn = true;
      this.choose(
        Object.fromEntries(
          Object.keys(asked)
            .filter((p) => p !== 'necessary')
            .map((p) => [p, false]),
        ),
      );
      this.page.client.consent.withdraw();
    } else if (action.do === 'leave') this.page.leave(false);
    else if (action.do === 'return') this.page.comeBack();
    else if (action.do === 'signal') device.gpc = !device.gpc;
    else if (action.do === 'expire') device.now += 31 * DAY;
    else if (action.do === 'settings') this.served = action.policy;
    else if (action.do === 'wait') await device.advance(action.ms);
    else if (action.do === 'reply') {
      const { status } = action;
      device.reply = status < 0 ? () => 'hang' : status === 200 ? ok : () => ({ status });
    } else {
      if (action.do === 'close') this.page.leave(true);
      this.page.kill();
      this.check(); // what the leaving page sent, by the rules it knew
      this.page = this.start();
      await device.advance(0);
      this.arrive(this.served);
      this.page.client.consent.get();
    }
    if (action.do === 'wait') this.arrive(this.policy ?? this.served);
  }

  /** Looks at all that was sent since it was last called. */
  check(): Message[] {
    const sent = this.device.sent.splice(0).flatMap(({ batch }) => batch);
    for (const { event, context, timestamp } of sent) {
      const what = this.captured.get(event as string);
      if (!what) continue; // $lost
      expect(what.denied).toBe(false);
      expect(this.decision(context.purpose as string)).toBe('allow');
      expect(Date.parse(timestamp)).toBe(what.at);
    }
    return sent;
  }
}

it('1 and 3: what was denied is never sent, each event is allowed when it leaves, and order and times survive', async () => {
  await fc.assert(
    fc.asyncProperty(fc.option(policy), anything(policy), async (first, steps) => {
      const world = new World(first);
      await world.device.advance(0);
      world.policy = first;
      const everything: Message[] = [];
      for (const action of steps) {
        await world.step(action);
        everything.push(...world.check());
      }
      // the order of a session's numbers is the order of capture, for each purpose
      const last = new Map<string, [seq: number, n: number]>();
      const numbered = everything.filter(({ event }) => world.captured.has(event as string));
      numbered.sort((a, b) => (a.context.seq as number) - (b.context.seq as number));
      for (const { event, context } of numbered) {
        const key = `${context.sessionId} ${context.purpose}`;
        const { n } = world.captured.get(event as string) as { n: number };
        const before = last.get(key);
        if (before && before[0] !== context.seq) expect(n).toBeGreaterThan(before[1]);
        last.set(key, [context.seq as number, n]);
      }
    }),
    { numRuns: 300 },
  );
});

it('2: before consent, under the strictest policy or none, nothing leaves, is stored or read', async () => {
  const before = fc.array(fc.oneof({ weight: 6, arbitrary: tracks }, { weight: 4, arbitrary: others(optIn) }), {
    maxLength: 30,
  });
  await fc.assert(
    fc.asyncProperty(fc.option(optIn), before, async (first, steps) => {
      const world = new World(first);
      await world.device.advance(0);
      world.policy = first;
      for (const action of steps) await world.step(action);
      await world.device.advance(60_000);
      const { device, page } = world;
      expect([device.sent, device.posted]).toEqual([[], []]);
      expect([...device.store.keys()]).toEqual([]);
      expect([...new Set(device.reads)]).toEqual([CONSENT_KEY]);
      expect(page.client.getAnonymousId()).toBeNull();
      expect(device.got.every(({ url, token }) => url.includes('/settings') && !token)).toBe(true);
    }),
    { numRuns: 150 },
  );
});

const OLD: Policy = {
  mode: 'opt_in',
  policyVersion: 'po1_a',
  notice: notice('no1_a'),
  purposes: [
    { id: 'analytics', version: 'pu1_a', kind: 'general', required: false, mode: 'opt_in', default: 'pending' },
  ].map((one) => ({ ...one, pending: 'queue', ttlDays: 30, gpc: 'ignore', title: '', description: '' })),
};
const LEFT_BEHIND: Step[] = [
  { do: 'set', purpose: 'analytics', to: true },
  { do: 'track', purpose: 'analytics' },
  { do: 'expire' },
  { do: 'kill' },
];

it('4: after a withdrawal nothing is on the device but the choice, and nothing leaves but its receipt', async () => {
  await fc.assert(
    fc.asyncProperty(fc.option(policy), anything(policy), async (first, steps) => {
      const world = new World(first);
      await world.device.advance(0);
      world.policy = first;
      for (const action of steps) {
        await world.step(action);
        world.check();
      }
      const before = world.page.client.getAnonymousId();
      await world.step({ do: 'withdraw' });
      expect([...world.device.store.keys()].filter((key) => key !== CONSENT_KEY)).toEqual([]);
      for (const purpose of PURPOSES) world.page.client.track('After', {}, { purpose });
      world.device.reply = ok;
      await world.device.advance(700_000);
      expect(world.device.sent.flatMap(({ batch }) => batch)).toEqual([]);
      expect([...world.device.store.keys()].filter((key) => key !== CONSENT_KEY)).toEqual([]);
      if (before) expect([...world.device.store.values()].join()).not.toContain(before);
      expect(world.page.client.stats().queued).toBe(0);
    }),
    // what an earlier page left behind, in a page that never opened it: its grant had grown old
    { numRuns: 150, examples: [[OLD, LEFT_BEHIND]] },
  );
});
