// @vitest-environment jsdom
/** TCF and GPP beside the IAB Tech Lab's own platform libraries, and Google's dataLayer with a tag manager on it. */

import { CmpApi as GppCmpApi } from '@iabgpp/cmpapi';
import type { CmpApi as TcfCmpApi } from '@iabtechlabtcf/cmpapi';
import { GVL, TCModel, TCString } from '@iabtechlabtcf/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fromGoogle, toGoogle } from '../../src/adapters/google.js';
import { answersOfPing, GPP_KEYS, gpp, type Ping } from '../../src/adapters/gpp.js';
import { tcf } from '../../src/adapters/tcf.js';
import { type Bench, bench } from './harness.js';

type Api = (...args: unknown[]) => void;
const page = window as { __tcfapi?: Api | undefined; __gpp?: Api | undefined; dataLayer?: unknown[] | undefined };

let at: Bench;
let undo = () => {};

beforeEach(() => {
  vi.useFakeTimers();
  at = bench();
});

afterEach(() => {
  undo();
  at.close();
  page.__tcfapi = page.__gpp = page.dataLayer = undefined;
  vi.useRealTimers();
});

/** A global vendor list of one vendor: the library encodes no string without a list. */
const LIST = new GVL({
  gvlSpecificationVersion: 3,
  vendorListVersion: 48,
  tcfPolicyVersion: 5,
  lastUpdated: '2026-11-01T00:00:00Z',
  purposes: Object.fromEntries(Array.from({ length: 11 }, (_, at) => [at + 1, { id: at + 1 }])),
  specialPurposes: {},
  features: {},
  specialFeatures: {},
  stacks: {},
  vendors: {
    7: {
      id: 7,
      purposes: [1, 8, 9],
      ...{ legIntPurposes: [], flexiblePurposes: [], specialPurposes: [], features: [], specialFeatures: [] },
    },
  },
} as never);

function consentTo(purposes: number[], vendors: number[] = [], legitimate: number[] = []): string {
  const model = new TCModel(LIST);
  model.cmpId = 10;
  model.cmpVersion = 1;
  model.isServiceSpecific = true;
  model.purposeConsents.set(purposes);
  model.purposeLegitimateInterests.set(legitimate);
  model.vendorConsents.set(vendors);
  return TCString.encode(model);
}

/** The queueing stub that a page has before its platform arrives. */
function stub(name: '__tcfapi' | '__gpp'): void {
  const waiting: unknown[][] = [];
  // GPP's platform also asks its stub for early listeners
  page[name] = (...args: unknown[]) => {
    if (args[0] === 'events') return [] as never;
    return (args.length ? void waiting.push(args) : waiting) as never;
  };
}

describe('TCF', () => {
  async function platform(): Promise<TcfCmpApi> {
    vi.resetModules();
    const { CmpApi } = await import('@iabtechlabtcf/cmpapi');
    return new CmpApi(10, 1, true);
  }

  it('waits in the stub, ignores strings while the window is open, and says each change once', async () => {
    stub('__tcfapi');
    undo = tcf({ sdk: at.web });
    const cmp = await platform();
    cmp.update(consentTo([1, 8, 9]), true);
    expect(at.told()).toEqual([]);
    cmp.update(consentTo([1, 8, 9]), false);
    expect(at.told()).toEqual([{ analytics: true, personalization: false, marketing: false }]);
    cmp.update(consentTo([1, 8, 9]), false);
    expect(at.told()).toEqual([]);
    cmp.update(consentTo([1, 5, 6]), false);
    expect(at.told()).toEqual([{ analytics: false, personalization: true }]);
    cmp.update('', false);
    expect(at.told()).toEqual([{ personalization: false }]);
  });

  it('legitimate interest is no consent', async () => {
    stub('__tcfapi');
    undo = tcf({ sdk: at.web });
    (await platform()).update(consentTo([1], [], [8, 9]), false);
    expect(at.choice()?.analytics).toBe(false);
  });

  it('says nothing where the GDPR does not apply', async () => {
    stub('__tcfapi');
    undo = tcf({ sdk: at.web });
    (await platform()).update(null);
    expect(at.told()).toEqual([]);
  });

  it('a vendor may be asked for beside the purposes', async () => {
    stub('__tcfapi');
    undo = tcf({ sdk: at.web, map: { analytics: ['1', 'vendor:7'] } });
    const cmp = await platform();
    cmp.update(consentTo([1]), false);
    expect(at.choice()).toEqual({ analytics: false });
    cmp.update(consentTo([1], [7]), false);
    expect(at.choice()).toEqual({ analytics: true });
  });

  it('undone it hears nothing, also when the platform comes only then', async () => {
    stub('__tcfapi');
    tcf({ sdk: at.web })();
    const cmp = await platform();
    cmp.update(consentTo([1, 8, 9]), false);
    expect(at.told()).toEqual([]);
    const ask = vi.spyOn(page as { __tcfapi: Api }, '__tcfapi');
    tcf({ sdk: at.web })();
    expect(at.told()).toEqual([{ analytics: true, personalization: false, marketing: false }]);
    expect(ask.mock.calls.map(([command]) => command)).toEqual(['addEventListener', 'removeEventListener']);
    cmp.update(consentTo([]), false);
    expect(at.told()).toEqual([]);
  });

  it.each([1, 'true', {}, null])('a consent that is %s is none', (odd) => {
    page.__tcfapi = (command, _, run) => {
      if (command !== 'addEventListener') return;
      const consents = { 1: odd, 8: odd, 9: odd };
      (run as Api)({ eventStatus: 'tcloaded', gdprApplies: true, listenerId: 1, purpose: { consents } }, true);
    };
    undo = tcf({ sdk: at.web });
    expect(at.choice()?.analytics).toBe(false);
  });
});

describe('GPP', () => {
  function cmp(section: string, id: number, fields: Record<string, unknown>): GppCmpApi {
    if (!page.__gpp) stub('__gpp');
    const api = new GppCmpApi(10, 1);
    for (const [name, value] of Object.entries(fields)) api.setFieldValue(section, name, value);
    api.setApplicableSections([id]);
    return api;
  }

  it('an opt-out denies, taking it back allows again, and what nobody answered stays open', () => {
    at.web.consent.set({ marketing: true });
    at.told();
    stub('__gpp');
    undo = gpp({ sdk: at.web });
    const api = cmp('usnat', 7, { SaleOptOut: 1, SharingOptOut: 1, TargetedAdvertisingOptOut: 1 });
    expect(at.told()).toEqual([]);
    api.setSignalStatus('ready' as never);
    expect(at.told()).toEqual([{ marketing: false, third_party: false }]);
    api.fireSectionChange('usnat');
    expect(at.told()).toEqual([]);
    for (const field of ['SaleOptOut', 'SharingOptOut', 'TargetedAdvertisingOptOut'])
      api.setFieldValue('usnat', field, 2);
    api.fireSectionChange('usnat');
    expect(at.told()).toEqual([{ marketing: true, third_party: true }]);
  });

  it('"did not opt out" is no consent where nobody was asked', () => {
    const api = cmp('usca', 8, { SaleOptOut: 2, SharingOptOut: 2 });
    api.setSignalStatus('ready' as never);
    undo = gpp({ sdk: at.web });
    expect(at.told()).toEqual([]);
  });

  it('the consents of the EU’s section count as in TCF', () => {
    const consents = Array.from({ length: 24 }, (_, index) => [1, 8, 9].includes(index + 1));
    cmp('tcfeuv2', 2, { PurposeConsents: consents }).setSignalStatus('ready' as never);
    undo = gpp({ sdk: at.web });
    expect(at.told()).toEqual([{ analytics: true, personalization: false, marketing: false }]);
  });

  it('undone it hears nothing', () => {
    const api = cmp('usnat', 7, { SaleOptOut: 1 });
    gpp({ sdk: at.web })();
    api.setSignalStatus('ready' as never);
    expect(at.told()).toEqual([]);
  });

  const said = (sections: Ping['parsedSections'], known = {}, applicableSections = [7]) =>
    answersOfPing({ applicableSections, parsedSections: sections ?? {} }, GPP_KEYS, known);

  it('reads sections by segment, and their GPC', () => {
    expect(said({ usnat: [{ SaleOptOut: 2, SharingOptOut: 2 }, { Gpc: true }] })).toEqual({
      marketing: false,
      third_party: false,
    });
  });

  it.each([3, '2', true, null])('an opt-out field that is %s counts as opted out', (value) => {
    expect(said({ usnat: { SaleOptOut: value } }, { third_party: true }).third_party).toBe(false);
  });

  it('a section that does not apply here, or is not there, says nothing', () => {
    expect(said({ usnat: { SaleOptOut: 1 } }, {}, [2])).toEqual({
      analytics: false,
      personalization: false,
      marketing: false,
    });
    expect(said({ usnat: { SaleOptOut: 1 } }, {}, [])).toEqual({});
    expect(said({ usnat: { SaleOptOut: 0 } }, { third_party: false })).toEqual({});
    expect(said({})).toEqual({});
  });
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
