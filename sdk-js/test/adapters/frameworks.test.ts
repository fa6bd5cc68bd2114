// @vitest-environment jsdom
/** TCF and GPP beside the IAB Tech Lab's own platform libraries. */

import { CmpApi as GppCmpApi } from '@iabgpp/cmpapi';
import type { CmpApi as TcfCmpApi } from '@iabtechlabtcf/cmpapi';
import { GVL, TCModel, TCString } from '@iabtechlabtcf/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { answersOfPing, GPP_KEYS, gpp, type Ping } from '../../src/adapters/gpp.js';
import { tcf } from '../../src/adapters/tcf.js';
import { type Bench, bench } from './harness.js';

type Api = (...args: unknown[]) => void;
const page = window as { __tcfapi?: Api | undefined; __gpp?: Api | undefined };

let at: Bench;
let undo = () => {};

beforeEach(() => {
  vi.useFakeTimers();
  at = bench();
});

afterEach(() => {
  undo();
  at.close();
  page.__tcfapi = page.__gpp = undefined;
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

  /** Says one thing to whoever asks. */
  function says(data: object): void {
    page.__tcfapi = (command, _, run) => {
      if (command !== 'addEventListener') return;
      (run as Api)({ eventStatus: 'tcloaded', gdprApplies: true, listenerId: 1, ...data }, true);
    };
  }
  const agreed = { purpose: { consents: { 1: true, 8: true, 9: true } }, vendor: { consents: { 7: true } } };

  it.each([
    ['does not say whether the GDPR applies', { gdprApplies: undefined }],
    ['says it with a number', { gdprApplies: 1 }],
    ['is in error', { cmpStatus: 'error' }],
    ['is in error and knows no event', { cmpStatus: 'error', eventStatus: undefined }],
  ])('a platform that %s grants nothing and takes a yes back', (_, odd) => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    says({ ...agreed, ...odd });
    tcf({ sdk: at.web })();
    expect(at.told()).toEqual([]);
    at.web.consent.set({ analytics: true });
    at.told();
    undo = tcf({ sdk: at.web });
    expect(at.told()).toEqual([{ analytics: false }]);
  });

  it('a platform that does not let us listen, or breaks off, grants nothing and takes a yes back', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    let answer: Api = () => {};
    page.__tcfapi = (command, _, run) => {
      if (command === 'addEventListener') answer = run as Api;
    };
    undo = tcf({ sdk: at.web });
    answer({ eventStatus: 'tcloaded', gdprApplies: true, listenerId: 1, ...agreed }, true);
    expect(at.choice()?.analytics).toBe(true);
    answer(null, false);
    expect(at.choice()?.analytics).toBe(false);
    expect(warn).toHaveBeenCalledOnce();
  });

  it.each([
    [0, false],
    [1, true],
    [2, false],
    [undefined, true],
  ])('a vendor’s consent under the publisher’s restriction %s is %s', (kind, expected) => {
    says({ ...agreed, publisher: { restrictions: { 8: { 7: kind }, 4: { 7: 0 } } } });
    undo = tcf({ sdk: at.web, map: { analytics: ['1', '8', 'vendor:7'] } });
    expect(at.choice()).toEqual({ analytics: expected });
  });

  it.each([1, 'true', {}, null])('a consent that is %s is none', (odd) => {
    says({ purpose: { consents: { 1: odd, 8: odd, 9: odd } } });
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

  it('"did not opt out" gives nothing back that was refused elsewhere or before', () => {
    at.web.consent.set({ marketing: false, third_party: false });
    at.told();
    const api = cmp('usca', 8, { SaleOptOut: 2, SharingOptOut: 2 });
    api.setSignalStatus('ready' as never);
    undo = gpp({ sdk: at.web });
    api.fireSectionChange('usca');
    expect(at.told()).toEqual([]);
  });

  it('where a section of the US applies and none is there, or the platform is in error or fails, a yes is taken back', () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const sound = { signalStatus: 'ready', applicableSections: [7] };
    for (const ping of [sound, { cmpStatus: 'error' }, undefined]) {
      page.__gpp = (command, run) => {
        if (command === 'addEventListener') (run as Api)(ping && { listenerId: 1, pingData: ping }, !!ping);
      };
      at.web.consent.set({ third_party: true });
      at.told();
      undo = gpp({ sdk: at.web });
      expect(at.told()).toEqual([{ third_party: false }]);
      undo();
    }
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

  const said = (sections: Ping['parsedSections'], before = {}, applicableSections = [7]) =>
    answersOfPing({ applicableSections, parsedSections: sections ?? {} }, GPP_KEYS, before);

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
