/** A site's policy drives the gate: modes and rules per purpose, choices that grow old, signals. */

import { describe, expect, it } from 'vitest';
import { createGate, type GateOptions } from '../src/core/gate.js';
import type { Decision, Policy, PurposeRule } from '../src/core/protocol.js';
import { rulesOf } from '../src/core/rule.js';
import { Device, names } from './ports.js';

const DAY = 86_400_000;

function gate(options: Partial<GateOptions<{ purpose: string }>> = {}) {
  const device = new Device();
  const { ports } = device.tab();
  const released: string[] = [];
  const made = createGate<{ purpose: string }>({
    storage: ports.storage,
    key: 'choice',
    mode: 'opt_in',
    cookieless: false,
    gpc: () => device.gpc,
    now: () => device.now,
    release: ({ purpose }) => released.push(purpose),
    drop: (why) => released.push(why),
    chosen: () => undefined,
    changed: () => {},
    ...options,
  });
  return {
    device,
    released,
    ...made,
    policy: (news: Policy) =>
      made.rule(
        rulesOf(
          news,
          () => device.gpc,
          () => device.now,
        ),
      ),
  };
}

const rule = (id: string, more: Partial<PurposeRule> = {}): PurposeRule => ({
  id,
  version: 'pu1_a',
  kind: 'general',
  required: false,
  mode: 'opt_in',
  default: 'pending',
  pending: 'queue',
  ttlDays: 180,
  gpc: 'ignore',
  title: '',
  description: '',
  ...more,
});
const policy = (...purposes: PurposeRule[]): Policy => ({ mode: 'opt_in', policyVersion: 'po1_a', purposes });

describe('a policy', () => {
  it('has a mode for each purpose; what it does not know is never allowed by default', () => {
    const { policy: use, decide } = gate({ mode: 'opt_out' });
    expect(decide('analytics')).toBe('allow');
    use(policy(rule('analytics', { default: 'granted' }), rule('marketing'), rule('odd', { default: 'who knows' })));
    expect(['analytics', 'marketing', 'odd', 'unheard_of', 'necessary'].map(decide)).toEqual([
      'allow',
      'hold',
      'deny',
      'hold',
      'allow',
    ]);
  });

  it('says what happens while a choice is pending: wait, drop, or go without a trace; unknown drops', () => {
    const { policy: use, decide, mayStore } = gate();
    use(policy(...['queue', 'drop', 'cookieless', 'x'].map((pending) => rule(pending, { pending }))));
    expect(['queue', 'drop', 'cookieless', 'x'].map(decide)).toEqual(['hold', 'deny', 'allow', 'deny']);
    use(policy(rule('analytics', { pending: 'cookieless' })));
    expect(decide('analytics')).toBe('allow');
    expect(mayStore()).toBe(false);
  });

  it('releases and purges what waited for it', () => {
    const { policy: use, hold, released } = gate();
    for (const purpose of ['analytics', 'marketing', 'personalization']) hold({ purpose });
    use(
      policy(
        rule('analytics', { default: 'granted' }),
        rule('marketing', { pending: 'drop' }),
        rule('personalization'),
      ),
    );
    expect(released).toEqual(['analytics', 'no_consent']);
  });

  it('a required purpose is always allowed, and a signal denies what the policy says, required or not asked', () => {
    const { policy: use, decide, device, denies, set } = gate();
    use(
      policy(
        rule('login', { required: true }),
        rule('ads', { gpc: 'deny', default: 'granted' }),
        rule('odd', { gpc: '?' }),
      ),
    );
    set({ ads: true, odd: true });
    expect(['login', 'ads', 'odd'].map(decide)).toEqual(['allow', 'allow', 'allow']);
    device.gpc = true;
    expect(['login', 'ads', 'odd'].map(decide)).toEqual(['allow', 'deny', 'deny']);
    expect(denies()).toEqual(['ads', 'odd']);
  });
});

describe('a choice', () => {
  it('to allow is stale after its time and counts as none; a no is never stale', () => {
    const { policy: use, decide, device, set } = gate();
    const granted = { ttlDays: 30, default: 'granted' };
    use(policy(rule('analytics', { ttlDays: 30 }), rule('ads', granted), rule('marketing', granted)));
    set({ analytics: true, ads: true, marketing: false });
    device.now += 30 * DAY - 1;
    expect(['analytics', 'ads', 'marketing'].map(decide)).toEqual(['allow', 'allow', 'deny']);
    device.now += 1;
    expect(['analytics', 'ads', 'marketing'].map(decide)).toEqual(['hold', 'allow', 'deny']);
    set({ analytics: true });
    expect(decide('analytics')).toBe('allow');
  });

  it('about another version of the purpose is stale; one that named no version holds', () => {
    const { policy: use, decide, set } = gate();
    set({ analytics: true });
    use(policy(rule('analytics'), rule('marketing')));
    expect(decide('analytics')).toBe('allow');
    set({ marketing: true });
    use(policy(rule('analytics'), rule('marketing', { version: 'pu1_b' })));
    expect(['analytics', 'marketing'].map(decide)).toEqual(['allow', 'hold']);
  });

  const notice = (hash: string) => ({ notice: { hash } as unknown as NonNullable<Policy['notice']> });

  it('before another notice is stale only where the policy says hard', () => {
    const { policy: use, decide, set } = gate();
    const one = { ...policy(rule('analytics')), ...notice('no1_a') };
    use(one);
    set({ analytics: true });
    use({ ...one, reconsent: 'prompt', ...notice('no1_b') });
    expect(decide('analytics')).toBe('allow');
    use({ ...one, reconsent: 'hard', ...notice('no1_b') });
    expect(decide('analytics')).toBe('hold');
  });

  it('that is stale is still what was said, and is claimed as no grant, where silence allows either', () => {
    const { policy: use, decide, device, set, preferences } = gate();
    const silent = { ttlDays: 30, default: 'granted', mode: 'opt_out' };
    use(policy(rule('analytics', silent), rule('ads', silent)));
    set({ analytics: true, ads: false });
    expect(preferences(true)).toEqual({ analytics: true, ads: false });
    device.now += 30 * DAY;
    expect(decide('analytics')).toBe('allow');
    expect(preferences(true)).toEqual({ ads: false });
    expect(preferences()).toEqual({ analytics: true, ads: false });
  });

  it('made before the policy came is about that policy: stale when purpose or notice become others', () => {
    const one = { ...policy(rule('analytics'), rule('ads')), ...notice('no1_a'), reconsent: 'hard' };
    for (const [news, expected] of [
      [one, 'allow'],
      [{ ...one, ...policy(rule('analytics', { version: 'pu1_b' })) }, 'hold'],
      [{ ...one, ...notice('no1_b') }, 'hold'],
    ] as [Policy, Decision][]) {
      const { policy: use, decide, set, memory } = gate();
      set({ analytics: true });
      use(one);
      expect([decide('analytics'), memory()?.[2]]).toEqual(['allow', 'no1_a']);
      use(news);
      expect(decide('analytics')).toBe(expected);
    }
  });

  it('made before the policy came keeps what older answers were given under', () => {
    const device = new Device();
    const page = () => gate({ storage: device.tab().ports.storage, now: () => device.now });
    const one = { ...policy(rule('analytics'), rule('ads')), ...notice('no1_a'), reconsent: 'hard' };
    const first = page();
    first.policy(one);
    first.set({ analytics: true });
    const second = page();
    second.set({ ads: true });
    second.policy({ ...one, ...notice('no1_b') });
    expect(second.decide('analytics')).toBe('hold');
  });

  it('that is damaged is a no, and a record that is none asks again', () => {
    const { device } = gate();
    for (const [stored, expected] of [
      [[{ analytics: 7 }], 'deny'],
      [[{ analytics: null }], 'deny'],
      [[{ analytics: ['yes'] }], 'deny'],
      [{ at: 1 }, 'hold'],
      [[], 'hold'],
      ['x', 'hold'],
    ] as const) {
      device.store.set('choice', JSON.stringify(stored));
      const { ports } = device.tab();
      expect(gate({ storage: ports.storage }).decide('analytics')).toBe(expected);
    }
  });
});

it('a signal that was seen elsewhere counts like the browser’s own, at once', async () => {
  const device = new Device();
  const { client } = device.tab({ consentMode: 'opt_out' });
  client.track('A', {}, { purpose: 'marketing' });
  expect(client.consent.signal()).toEqual({ gpc: false, denies: [] });
  expect(client.consent.signal(true)).toEqual({ gpc: true, denies: ['marketing', 'third_party'] });
  client.track('B', {}, { purpose: 'marketing' });
  client.track('C');
  await device.advance(4_000);
  expect(names(device.sent)).toEqual(['C']);
  expect(client.consent.get().gpc).toBe(true);
});

describe('before the policy is there, a grant counts', () => {
  const choice = 'choice';
  /** A page on this device whose policy has not arrived. */
  const page = (device: Device, mode = 'opt_in') => {
    const { ports } = device.tab();
    return gate({ storage: ports.storage, now: () => device.now, mode });
  };

  it('as many days as the last policy gave it', () => {
    for (const [ttlDays, version] of [
      [30, 'pu1_a'],
      [365, undefined],
    ] as const) {
      const device = new Device();
      const { ports } = device.tab();
      const first = gate({ storage: ports.storage, now: () => device.now });
      if (version) first.policy(policy(rule('analytics', { ttlDays })));
      first.set({ analytics: true });
      // a policy that arrives after the choice says it as well
      first.policy(policy(rule('analytics', { ttlDays })));
      device.now += ttlDays * DAY - 1;
      expect(page(device).decide('analytics')).toBe('allow');
      device.now += 1;
      expect(page(device).decide('analytics')).toBe('hold');
      expect(page(device).mayStore()).toBe(false);
      expect(page(device, 'opt_out').decide('analytics')).toBe('allow'); // as without any answer
    }
  });

  it('half a year where there never was one; a no, and one whose time is unknown, as ever', () => {
    const device = new Device();
    const stored = (...answer: unknown[]) => {
      device.store.set(choice, JSON.stringify([{ analytics: answer }]));
      return page(device).decide('analytics');
    };
    expect(stored(true, device.now - 180 * DAY + 1)).toBe('allow');
    expect(stored(true, device.now - 180 * DAY)).toBe('hold');
    expect(stored(true, device.now + DAY)).toBe('allow'); // the clock was set back
    expect(stored(true, device.now + DAY + 1)).toBe('hold');
    expect(stored(true)).toBe('hold');
    expect(stored(true, 'x')).toBe('hold');
    expect(stored(false, device.now - 3_650 * DAY)).toBe('deny');
    device.store.set(choice, '[{"analytics":true}]');
    expect(page(device).decide('analytics')).toBe('hold');
  });

  it('not at all once a policy has found it stale, until one finds it good again', () => {
    const device = new Device();
    const visit = (news?: Policy) => {
      const { ports } = device.tab();
      const made = gate({ storage: ports.storage, now: () => device.now });
      const before = made.decide('analytics');
      if (news) made.policy(news);
      return { ...made, before };
    };
    const notice = (hash: string) => ({ notice: { hash } as unknown as NonNullable<Policy['notice']> });
    const one: Policy = { ...policy(rule('analytics')), ...notice('no1_a'), reconsent: 'hard' };
    visit(one).set({ analytics: true });
    for (const news of [
      { ...one, ...policy(rule('analytics', { version: 'pu1_b' })) },
      { ...one, ...notice('no1_b') },
    ]) {
      expect(visit(news)).toMatchObject({ before: 'allow' });
      expect(visit().before).toBe('hold');
      expect(visit(one).before).toBe('hold');
    }
    expect(visit().before).toBe('allow');
    // and a choice about something else does not bring it back
    visit({ ...one, ...policy(rule('analytics', { version: 'pu1_b' }), rule('ads')) }).set({ ads: true });
    visit(one);
    expect(visit().before).toBe('hold');
  });
});
