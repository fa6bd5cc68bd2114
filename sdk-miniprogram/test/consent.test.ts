/** Consent first: what must not happen before it, and what WeChat's own privacy interfaces mean for it. */

import { afterEach, describe, expect, it, vi } from 'vitest';
import { remote, wechat } from '../src/extras/index.js';
import { delivered, load, names, OPTIONS, only, type Sdk, settled, start } from './boot.js';
import { createHost } from './host/host.js';
import type { Server } from './host/network.js';
import { event } from './host/plain.js';

afterEach(() => void vi.useRealTimers());

const DEVICE = /^get(Window|Device|AppBase|Account|System|NetworkType)/;

describe('before a choice', () => {
  it('a whole session reads no device, stores nothing, sends nothing, makes no id', async () => {
    const { host, sdk } = await load(
      { plugins: [wechat({ shareTracking: true })] },
      { pages: { 'pages/home/home': { onTap() {} }, 'pages/cart/cart': {} } },
    );
    host.launch('pages/home/home');
    host.fire('onTap', event());
    sdk.track('Viewed');
    sdk.identify('u-7');
    expect(await sdk.login()).toBeNull();
    expect(await sdk.webViewUrl('https://shop.example/h5')).toBe('https://shop.example/h5');
    host.go('navigateTo', 'pages/cart/cart');
    host.hide();
    host.show();
    await settled(400);
    expect(host.reads.filter((name) => DEVICE.test(name))).toEqual([]);
    expect(host.calls).toEqual({ getStorageSync: 1 }); // the choice itself
    expect(host.store.size).toBe(0);
    expect(host.network.requests).toEqual([]);
    expect(sdk.getAnonymousId()).toBeNull();
    expect(host.listeners.onNetworkStatusChange).toBeUndefined();
  });

  it('a grant replays the cold start with its own times; the device is read then', async () => {
    vi.useFakeTimers({ now: 1_700_000_000_000 });
    const { host, sdk } = await load();
    host.launch('pages/home/home', { scene: 1047 });
    await vi.advanceTimersByTimeAsync(5_000);
    sdk.consent.set({ analytics: true });
    const sent = delivered({ host, sdk });
    await vi.advanceTimersByTimeAsync(5_000);
    const messages = await sent;
    expect(names(messages)).toEqual(['$session_start', '$app_launch', '$app_show', '$page']);
    expect(new Set(messages.map(({ timestamp }) => timestamp))).toEqual(
      new Set([new Date(1_700_000_000_000).toISOString()]),
    );
    expect(messages[3]?.context).toMatchObject({
      ...{ locale: 'zh_CN', scene: 1047, os: { name: 'android', version: 'HarmonyOS 4.2' } },
      ...{ app: { name: 'wx0123456789abcdef', version: '2.1.0' }, screen: { width: 390, height: 844, density: 3 } },
      library: { name: '@firsthand/miniprogram' },
    });
    expect(messages.map(({ context }) => context.seq)).toEqual([0, 1, 2, 3]);
    expect(host.reads).not.toContain('getSystemInfoSync');
    expect(host.reads).not.toContain('getSystemInfo');
  });

  it('a denial purges, and a later grant brings nothing back', async () => {
    const { host, sdk } = await load();
    host.launch('pages/home/home');
    sdk.track('Before');
    sdk.consent.set({ analytics: false });
    sdk.track('Denied');
    sdk.consent.set({ analytics: true });
    sdk.track('After');
    expect(names(await delivered({ host, sdk }))).toEqual(['$session_start', 'After']);
    expect(host.reads.filter((name) => /DeviceInfo/.test(name))).toHaveLength(1);
  });
});

it('a withdrawal stops what is under way and leaves the choice and nothing else', async () => {
  const { host, sdk } = await start(
    {},
    {},
    { server: () => ({ status: 200, after: 1_000, body: '{"success":true}' }) },
  );
  void sdk.flush();
  await settled();
  expect(host.network.flying()).toBe(1);
  sdk.consent.withdraw();
  expect(host.network.flying()).toBe(0);
  await settled(300);
  expect([...host.store.keys()]).toEqual(['fh.wk.consent']);
  expect(sdk.getAnonymousId()).toBeNull();
});

it('a choice is remembered over a restart, and so is a refusal', async () => {
  const store = new Map<string, string>();
  const { sdk } = await load({}, {}, { store });
  sdk.consent.set({ analytics: false });
  const again = await load({}, {}, { store });
  again.host.launch('pages/home/home');
  expect(again.sdk.consent.get().preferences).toEqual({ analytics: false });
  await again.sdk.flush();
  expect(again.host.network.requests).toEqual([]);
});

describe('WeChat’s privacy interfaces', () => {
  it('"no authorisation needed" grants nothing', async () => {
    const { host, sdk } = await load({ plugins: [wechat()] });
    host.launch('pages/home/home');
    host.privacy.state.declared = false;
    expect(await sdk.privacy.status()).toEqual({ needAuthorization: false, contractName: '《小店隐私保护指引》' });
    expect(sdk.consent.get().preferences).toBeNull();
    expect(sdk.consent.get().decisions.analytics).toBe('hold');
  });

  it('a tap on the button answers WeChat and grants what was named, but nothing that needs a consent of its own', async () => {
    const { host, sdk } = await load({ plugins: [wechat()] });
    const asked = vi.fn();
    sdk.privacy.onNeed(asked);
    const allowed = sdk.privacy.require();
    expect(asked).toHaveBeenCalledOnce();
    host.privacy.tapAgreeButton('agree');
    sdk.privacy.agree(['analytics', 'personalization', 'third_party', 'cross_border'], 'agree');
    expect(await allowed).toBe(true);
    expect(sdk.consent.get().preferences).toEqual({ analytics: true, personalization: true });
  });

  it('a program that claims a tap does not deceive WeChat; a refusal is one', async () => {
    const { sdk } = await load({ plugins: [wechat()] });
    sdk.privacy.onNeed(() => {});
    const forged = sdk.privacy.require();
    sdk.privacy.agree([], 'agree');
    expect(await forged).toBe(false);
    const refused = sdk.privacy.require();
    sdk.privacy.disagree(['analytics', 'third_party']);
    expect(await refused).toBe(false);
    expect(sdk.consent.get().preferences).toEqual({ analytics: false, third_party: false });
  });

  it('base libraries without them say that they do not know', async () => {
    const { host, sdk } = await load({ plugins: [wechat()] });
    for (const name of [
      'getPrivacySetting',
      'onNeedPrivacyAuthorization',
      'requirePrivacyAuthorize',
      'openPrivacyContract',
    ]) {
      delete host.wx[name];
    }
    sdk.privacy.onNeed(() => {});
    sdk.privacy.openContract();
    expect(await sdk.privacy.status()).toEqual({ needAuthorization: null, contractName: '' });
    expect(await sdk.privacy.require()).toBe(false);
  });
});

describe('policy and receipts', () => {
  const purpose = {
    version: 'pu1_a',
    kind: 'general',
    default: 'pending',
    pending: 'queue',
    ttlDays: 180,
    gpc: 'ignore',
  };
  const consent = {
    ...{ mode: 'opt_in', policyVersion: 'pv1_x', locale: 'zh-CN', notice: { id: 'main', hash: 'no1_n' } },
    purposes: [{ ...purpose, id: 'analytics', mode: 'opt_in' }],
  };
  const server: Server = ({ url }) => {
    if (url.endsWith('/settings?ask=1'))
      return { status: 200, body: JSON.stringify({ consent, autotrack: { taps: false } }) };
    if (!url.endsWith('/receipts')) return { status: 200, body: '{"success":true,"rejected":[]}' };
    return {
      status: 201,
      body: JSON.stringify({ receipt: { id: 'r-1' }, state: { policyVersion: 'pv1_x' }, token: 't.o.k' }),
    };
  };

  it('a choice in the consent component is a receipt with method wechat, stamped on every event from then on', async () => {
    const { host, sdk } = await load({ plugins: [remote(), wechat()] }, {}, { server });
    await settled();
    expect(host.network.requests.map(({ method, url }) => [method, url])).toEqual([
      ['GET', 'https://c.example/v1/sources/wk/settings?ask=1'],
    ]);
    host.launch('pages/home/home');
    host.privacy.tapAgreeButton('agree');
    sdk.privacy.agree(['analytics'], 'agree');
    await settled();
    const receipt = host.network.requests.find(({ url }) => url.endsWith('/receipts'));
    expect(JSON.parse(receipt?.data || '')).toMatchObject({
      ...{ writeKey: 'wk', anonymousId: sdk.getAnonymousId(), action: 'set', choices: { analytics: true } },
      ...{ method: 'wechat', policyVersion: 'pv1_x' },
    });
    // the component shows the words of the mini-program
    expect(receipt?.data).not.toContain('noticeHash');
    sdk.track('After');
    const after = (await delivered({ host, sdk })).find(({ event }) => event === 'After');
    expect(after?.context.consent).toMatchObject({
      categoryPreferences: { analytics: true },
      receiptId: 'r-1',
      token: 't.o.k',
    });
  });

  it('a refusal is a receipt too, and leaves nothing on the device', async () => {
    const { host, sdk } = await load({ plugins: [remote(), wechat()] }, {}, { server });
    await settled();
    sdk.privacy.disagree(['analytics']);
    await settled(300);
    const receipt = host.network.requests.find(({ url }) => url.endsWith('/receipts'));
    expect(JSON.parse(receipt?.data || '')).toMatchObject({ choices: { analytics: false }, method: 'wechat' });
    expect([...host.store.keys()]).toEqual(['fh.wk.consent']);
  });
});

it('importing the file does nothing that can be observed', async () => {
  vi.resetModules();
  const host = createHost();
  const scope = globalThis as unknown as Record<string, unknown>;
  const before = ['App', 'Page', 'Component', 'Behavior', 'wx'].map((name) => scope[name]);
  const called = vi.fn();
  for (const name of Object.keys(host.wx)) host.wx[name] = called;
  await import('../src/index.js');
  expect(['App', 'Page', 'Component', 'Behavior', 'wx'].map((name) => scope[name])).toEqual(before);
  expect(called).not.toHaveBeenCalled();
});

describe('calls before init', () => {
  it('wait in memory and arrive with their own time and order; what was meant for the choice counts', async () => {
    vi.useFakeTimers({ now: 1_700_000_000_000 });
    vi.resetModules();
    const host = createHost();
    const { firsthand, init } = await import('../src/index.js');
    firsthand.track('First', { n: 1 });
    await vi.advanceTimersByTimeAsync(3_000);
    firsthand.track('Second');
    firsthand.consent.set({ analytics: true });
    expect(await firsthand.flush()).toEqual({ sent: 0, pending: 3, dropped: 0 });
    expect(firsthand.consent.get()).toBeNull();
    expect([host.store.size, host.network.requests.length, host.reads]).toEqual([0, 0, []]);
    await vi.advanceTimersByTimeAsync(3_000);
    const sdk = init({ ...OPTIONS, autotrack: false });
    const sent = delivered({ host, sdk: sdk as Sdk });
    await vi.advanceTimersByTimeAsync(5_000);
    expect((await sent).map(({ event, timestamp }) => [event, Date.parse(timestamp) - 1_700_000_000_000])).toEqual([
      ['First', 0],
      ['Second', 3_000],
    ]);
    sdk.close();
  });

  it('are bounded, and what is over the bound is told', async () => {
    vi.resetModules();
    const host = createHost();
    const { firsthand, init } = await import('../src/index.js');
    for (let i = 0; i < 507; i++) firsthand.track('E');
    const sdk = init({ ...OPTIONS, autotrack: false, consentMode: 'opt_out' });
    const sent = await delivered({ host, sdk: sdk as Sdk });
    expect(only(sent, 'E')).toHaveLength(500);
    expect(only(sent, '$lost').map(({ properties }) => properties)).toEqual([{ count: 7, reasons: { overflow: 7 } }]);
    sdk.close();
  });
});

describe('the guide grows', () => {
  async function agreed(how: 'wechat' | 'api', store = new Map<string, string>()) {
    const { host, sdk } = await load({ plugins: [wechat()] }, {}, { store });
    host.privacy.tapAgreeButton('agree');
    if (how === 'wechat') sdk.privacy.agree(['analytics'], 'agree');
    else sdk.consent.set({ analytics: true }, { method: 'api' });
    host.launch('pages/home/home');
    await delivered({ host, sdk });
    return { host, sdk, store };
  }

  it('a yes by WeChat’s button lapses when WeChat needs it again: nothing is sent or kept, and the person is asked', async () => {
    const { host, sdk } = await agreed('wechat');
    const id = sdk.getAnonymousId();
    host.hide();
    host.show();
    await settled();
    expect(sdk.consent.get().decisions.analytics).toBe('allow');

    host.privacy.state.agreed = false;
    host.hide();
    host.show();
    await settled();
    expect(sdk.consent.get()).toMatchObject({ preferences: null, decisions: { analytics: 'hold' } });
    expect([...host.store.keys()].filter((key) => key.endsWith('consent'))).toEqual([]);
    await sdk.flush();
    const before = host.sent().length;
    sdk.track('Waits');
    await sdk.flush();
    expect(host.sent()).toHaveLength(before);

    host.privacy.tapAgreeButton('agree');
    sdk.privacy.agree(['analytics'], 'agree');
    const sent = await delivered({ host, sdk });
    expect(only(sent, 'Waits')).toHaveLength(1);
    expect(sdk.getAnonymousId()).not.toBe(id);
  });

  it('also at the next start; a yes that was given in another way stands', async () => {
    const first = await agreed('wechat');
    await settled(300);
    const again = await load({ plugins: [wechat()] }, {}, { store: first.store });
    await settled();
    expect(again.sdk.consent.get().preferences).toBeNull();

    const other = await agreed('api');
    other.host.privacy.state.agreed = false;
    other.host.hide();
    other.host.show();
    await settled();
    expect(other.sdk.consent.get().decisions.analytics).toBe('allow');
  });
});
