// @vitest-environment jsdom
/** The adapters beside the real consent platforms, from npm; OneTrust beside its documented page interface. */

import { clearConsentRuntimeCache, getOrCreateConsentRuntime } from 'c15t';
import * as CookieConsent from 'vanilla-cookieconsent';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { c15t } from '../../src/adapters/c15t.js';
import { cookieconsent } from '../../src/adapters/cookieconsent.js';
import { klaro } from '../../src/adapters/klaro.js';
import { onetrust } from '../../src/adapters/onetrust.js';
import { type Bench, bench, listeners } from './harness.js';

let at: Bench;
let undo = () => {};

beforeEach(() => {
  at = bench();
});

afterEach(() => {
  undo();
  at.close();
  for (const cookie of document.cookie.split('; ')) {
    // biome-ignore lint/suspicious/noDocumentCookie: what the platforms wrote, with the means they used
    document.cookie = `${cookie.split('=')[0]}=; Max-Age=0; Path=/`;
  }
});

describe('vanilla-cookieconsent', () => {
  const run = (revision = 0) =>
    CookieConsent.run({
      revision,
      hideFromBots: false,
      autoShow: false,
      categories: { necessary: { readOnly: true, enabled: true }, analytics: {}, marketing: {} },
      language: { default: 'en', translations: { en: { consentModal: {}, preferencesModal: { sections: [] } } } },
    });
  const connect = () => cookieconsent({ sdk: at.web, cookieConsent: CookieConsent });

  afterEach(() => CookieConsent.reset(true));

  it('says nothing before the person has, then what she said, and each change once', async () => {
    await run();
    undo = connect();
    expect(at.told()).toEqual([]);
    CookieConsent.acceptCategory(['analytics']);
    expect(at.told()).toEqual([{ analytics: true, personalization: false, marketing: false }]);
    CookieConsent.acceptCategory(['analytics', 'marketing']);
    expect(at.told()).toEqual([{ marketing: true }]);
    CookieConsent.acceptCategory(['analytics', 'marketing']);
    window.dispatchEvent(new CustomEvent('cc:onConsent'));
    expect(at.told()).toEqual([]);
    CookieConsent.acceptCategory([]);
    expect(at.told()).toEqual([{ analytics: false, marketing: false }]);
  });

  it('a choice of an earlier visit counts, and no longer once the site has asked anew', async () => {
    await run();
    CookieConsent.acceptCategory('all');
    CookieConsent.reset(false);
    await run();
    undo = connect();
    expect(at.told()).toEqual([{ analytics: true, personalization: false, marketing: true }]);
    undo();
    CookieConsent.reset(false);
    await run(1);
    undo = connect();
    expect(at.told()).toEqual([{ analytics: false, marketing: false }]);
  });

  it('connected before it runs it takes no yes of an earlier visit back', async () => {
    vi.useFakeTimers();
    at.web.consent.set({ analytics: true });
    at.told();
    undo = connect();
    vi.advanceTimersByTime(1_000);
    expect(at.told()).toEqual([]);
    await run();
    vi.advanceTimersByTime(1_000);
    // now it is known that nobody has agreed to anything here
    expect(at.told()).toEqual([{ analytics: false }]);
    vi.useRealTimers();
  });

  it('undone it hears nothing and has no listener', async () => {
    const open = listeners();
    await run();
    undo = connect();
    expect(open.get('cc:onChange')).toBe(1);
    undo();
    expect([...open.values()].filter(Boolean)).toEqual([]);
    await run();
    CookieConsent.acceptCategory('all');
    expect(at.told()).toEqual([]);
  });
});

describe('Klaro', () => {
  const config = {
    services: [
      { name: 'counter', purposes: ['analytics'] },
      { name: 'heatmap', purposes: ['analytics', 'personalization'] },
      { name: 'pixel', purposes: ['marketing'], default: true },
      { name: 'shop', purposes: ['necessary'], required: true },
    ],
    translations: {},
  };
  // the package has no types and is a program for the page, so it is loaded as one
  async function manager() {
    const { getManager, resetManagers } = await import('klaro/dist/klaro-no-translations-no-css.js');
    resetManagers();
    return getManager(config);
  }

  it('defaults are no choice; a purpose is granted when each of its services is; each change is said once', async () => {
    const found = await manager();
    undo = klaro({ sdk: at.web, manager: found });
    expect(at.told()).toEqual([]);
    found.updateConsent('counter', true);
    found.updateConsent('heatmap', true);
    expect(at.told()).toEqual([]);
    found.saveAndApplyConsents();
    expect(at.told()).toEqual([{ analytics: true, personalization: true, marketing: true }]);
    found.updateConsent('heatmap', false);
    expect(at.told()).toEqual([]);
    found.saveAndApplyConsents();
    expect(at.told()).toEqual([{ analytics: false, personalization: false }]);
    found.saveAndApplyConsents();
    expect(at.told()).toEqual([]);
  });

  it('a saved choice counts, a reset takes it back, an undo leaves no watcher', async () => {
    const before = await manager();
    before.changeAll(true);
    before.saveAndApplyConsents();
    const found = await manager();
    undo = klaro({ sdk: at.web, manager: found });
    expect(at.told()).toEqual([{ analytics: true, personalization: true, marketing: true }]);
    found.resetConsents();
    expect(at.told()).toEqual([{ analytics: false, personalization: false, marketing: false }]);
    undo();
    expect(found.watchers.size).toBe(0);
  });
});

describe('c15t', () => {
  beforeEach(() => {
    clearConsentRuntimeCache();
    Reflect.deleteProperty(window, 'c15tStore');
  });

  function runtime() {
    const { consentStore } = getOrCreateConsentRuntime({
      mode: 'offline',
      consentCategories: ['necessary', 'measurement', 'marketing', 'experience'],
    });
    return consentStore;
  }

  it('says what was saved, once, and takes back what is reset', async () => {
    const store = runtime();
    await vi.waitFor(() => expect(store.getState().isLoadingConsentInfo).toBe(false));
    undo = c15t({ sdk: at.web, store });
    expect(at.told()).toEqual([]);
    store.getState().setSelectedConsent('measurement', true);
    expect(at.told()).toEqual([]);
    await store.getState().saveConsents('custom');
    expect(at.told()).toEqual([{ analytics: true, personalization: false, marketing: false }]);
    await store.getState().saveConsents('all');
    expect(at.told()).toEqual([{ personalization: true, marketing: true }]);
    await store.getState().saveConsents('all');
    expect(at.told()).toEqual([]);
    store.getState().resetConsents();
    expect(at.choice()).toEqual({ analytics: false, personalization: false, marketing: false });
  });

  it('switched off it grants itself everything, which is nobody’s choice', async () => {
    const { consentStore } = getOrCreateConsentRuntime({ mode: 'offline', enabled: false });
    expect(consentStore.getState().consents.marketing).toBe(true);
    expect(consentStore.getState().hasConsented()).toBe(true);
    undo = c15t({ sdk: at.web, store: consentStore });
    expect(at.told()).toEqual([]);
  });

  it('is found on the page, and hears nothing after its undo', async () => {
    const store = runtime();
    expect((window as { c15tStore?: unknown }).c15tStore).toBeDefined();
    undo = c15t({ sdk: at.web });
    undo();
    await store.getState().saveConsents('all');
    expect(at.told()).toEqual([]);
  });
});

describe('OneTrust', () => {
  const page = window as { OnetrustActiveGroups?: unknown; OneTrust?: { IsAlertBoxClosed(): unknown } };
  let isClosed: unknown = false;

  function groups(active: unknown): void {
    page.OnetrustActiveGroups = active;
    window.dispatchEvent(new CustomEvent('OneTrustGroupsUpdated', { detail: String(active).split(',') }));
  }

  beforeEach(() => {
    isClosed = false;
    page.OneTrust = { IsAlertBoxClosed: () => isClosed };
    page.OnetrustActiveGroups = ',C0001,C0002,C0004,';
    undo = onetrust({ sdk: at.web });
  });

  afterEach(() => {
    page.OnetrustActiveGroups = undefined;
    page.OneTrust = undefined as never;
  });

  it('the region’s defaults are no choice; then each group counts, and each change once', () => {
    expect(at.told()).toEqual([]);
    isClosed = true;
    groups(',C0001,C0002,');
    expect(at.told()).toEqual([{ analytics: true, personalization: false, marketing: false, third_party: false }]);
    groups(',C0001,C0002,');
    expect(at.told()).toEqual([]);
    groups(',C0001,');
    expect(at.told()).toEqual([{ analytics: false }]);
  });

  it('a group that only begins alike is another one', () => {
    isClosed = true;
    groups(',C0001,C00022,');
    expect(at.choice()?.analytics).toBe(false);
  });

  it.each([null, 7, { C0002: true }, ['C0002']])('groups that are %s grant nothing', (odd) => {
    isClosed = true;
    groups(',C0001,C0002,');
    groups(odd);
    expect(at.choice()?.analytics).toBe(false);
  });

  it('an answer that is not true is none', () => {
    isClosed = 'yes';
    groups(',C0001,C0002,');
    expect(at.told()).toEqual([]);
  });

  it('undone it hears nothing', () => {
    undo();
    isClosed = true;
    groups(',C0002,');
    expect(at.told()).toEqual([]);
  });
});
