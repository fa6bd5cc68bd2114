// @vitest-environment jsdom
/** Google Consent Mode, both ways: a dataLayer with a tag manager on it. */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fromGoogle, toGoogle } from '../../src/adapters/google.js';
import { type Bench, bench } from './harness.js';

const page = window as { dataLayer?: unknown[] | undefined };

let at: Bench;
let undo = () => {};

beforeEach(() => {
  vi.useFakeTimers();
  at = bench();
});

afterEach(() => {
  undo();
  at.close();
  page.dataLayer = undefined;
  vi.useRealTimers();
});

/** As Google's snippet defines it. */
function gtag(..._: unknown[]): void {
  page.dataLayer = page.dataLayer ?? [];
  // biome-ignore lint/complexity/noArguments: Google's tag takes these objects only
  page.dataLayer.push(arguments);
}

const commands = () => (page.dataLayer ?? []).map((one) => Object.values(one as object));

describe('from Google Consent Mode', () => {
  const granted = { ad_storage: 'granted', ad_user_data: 'granted', ad_personalization: 'granted' };

  it('a default is no choice, whichever way it points; an update is one; each change is said once', () => {
    gtag('consent', 'default', { analytics_storage: 'granted', ad_storage: 'denied', wait_for_update: 500 });
    undo = fromGoogle({ sdk: at.web });
    expect(at.told()).toEqual([]);
    gtag('consent', 'update', { analytics_storage: 'granted' });
    expect(at.told()).toEqual([{ analytics: true }]);
    gtag('consent', 'update', granted);
    expect(at.told()).toEqual([{ marketing: true }]);
    gtag('consent', 'update', granted);
    gtag('event', 'update', { analytics_storage: 'denied' });
    expect(at.told()).toEqual([]);
    gtag('consent', 'update', { ad_user_data: 'denied' });
    expect(at.told()).toEqual([{ marketing: false }]);
  });

  it('an update that came before counts', () => {
    gtag('consent', 'update', { analytics_storage: 'denied' });
    gtag('consent', 'update', { analytics_storage: 'granted' });
    undo = fromGoogle({ sdk: at.web });
    expect(at.told()).toEqual([{ analytics: true }]);
  });

  it('an update for a region may deny and not grant: who is there only Google knows', () => {
    undo = fromGoogle({ sdk: at.web });
    gtag('consent', 'update', { ...granted, region: ['US-CA'] });
    expect(at.told()).toEqual([]);
    gtag('consent', 'update', granted);
    gtag('consent', 'update', { ad_storage: 'denied', region: ['US-CA'] });
    expect(at.told()).toEqual([{ marketing: true }, { marketing: false }]);
  });

  it('a dataLayer that is none grants nothing and harms no page', () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    at.web.consent.set({ analytics: true });
    at.told();
    undo = fromGoogle({ sdk: at.web, dataLayer: {} as never });
    expect(at.told()).toEqual([{ analytics: false }]);
  });

  it.each(['GRANTED', true, 1, null, 'allow'])('%s is not "granted"', (odd) => {
    undo = fromGoogle({ sdk: at.web });
    gtag('consent', 'update', { analytics_storage: odd });
    expect(at.choice()).toEqual({ analytics: false });
  });

  it.each([null, 'consent', [], ['consent'], ['consent', 'update'], { 0: 'consent', 1: 'update', 2: 7 }])(
    'a push of %s does no harm',
    (odd) => {
      undo = fromGoogle({ sdk: at.web });
      page.dataLayer?.push(odd);
      expect(at.told()).toEqual([]);
      expect(page.dataLayer).toHaveLength(1);
    },
  );

  it('passes on to a tag manager, above or below it, and its undo leaves nothing of ours at work', () => {
    const layer: unknown[] = [];
    const below = vi.fn();
    const above = vi.fn();
    layer.push = (...args) => {
      below(...args);
      return Array.prototype.push.apply(layer, args);
    };
    const before = layer.push;
    undo = fromGoogle({ sdk: at.web, dataLayer: layer });
    const ours = layer.push;
    layer.push = (...args) => {
      above(...args);
      return ours(...args);
    };
    layer.push({ event: 'x' });
    expect([below.mock.calls, above.mock.calls]).toEqual([[[{ event: 'x' }]], [[{ event: 'x' }]]]);
    expect([...layer]).toEqual([{ event: 'x' }]);
    undo();
    layer.push(['consent', 'update', { analytics_storage: 'granted' }]);
    expect(at.told()).toEqual([]);
    layer.push = before;
    const second = fromGoogle({ sdk: at.web, dataLayer: layer });
    second();
    expect(layer.push).toBe(before);
  });
});

describe('to Google Consent Mode', () => {
  const off = 'denied';
  const nothing = {
    analytics_storage: off,
    functionality_storage: off,
    personalization_storage: off,
    ad_storage: off,
    ad_user_data: off,
    ad_personalization: off,
  };

  it('one default first, then an update for each change and for no other', () => {
    undo = toGoogle({ sdk: at.web });
    expect(commands()).toEqual([
      ['consent', 'default', { ...nothing, security_storage: 'granted', wait_for_update: 500 }],
    ]);
    at.web.consent.set({ analytics: true });
    at.web.consent.set({ analytics: true, own: true });
    expect(commands().slice(1)).toEqual([['consent', 'update', { ...nothing, analytics_storage: 'granted' }]]);
    at.web.consent.withdraw();
    expect(commands().slice(2)).toEqual([['consent', 'update', nothing]]);
    undo();
    at.web.consent.set({ analytics: true });
    expect(commands()).toHaveLength(3);
  });

  it('the default stands before there is an SDK; a remembered choice is an update', () => {
    at.web.consent.set({ marketing: true });
    const late = { consent: { ...at.web.consent, get: () => null } };
    undo = toGoogle({ sdk: late as never });
    expect(commands()).toHaveLength(1);
    late.consent.get = at.web.consent.get as never;
    vi.advanceTimersByTime(500);
    expect(commands()[1]?.[2]).toMatchObject({ ad_storage: 'granted', analytics_storage: 'denied' });
  });

  it('says it as Google’s tag wants to hear it, as `arguments`', () => {
    undo = toGoogle({ sdk: at.web });
    expect(Object.prototype.toString.call(page.dataLayer?.[0])).toBe('[object Arguments]');
  });
});
