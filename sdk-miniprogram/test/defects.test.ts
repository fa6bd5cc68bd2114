/**
 * Defects that were seen in other mini-program SDKs (read and run in November 2026), each as a test that passes here. The table
 * in docs/miniprogram.md lists them.
 */

import { afterEach, expect, it, vi } from 'vitest';
import { delivered, load, type Message, names, OPTIONS, only, register, type Sdk, settled, start } from './boot.js';
import { createHost } from './host/host.js';
import { event } from './host/plain.js';

type Scope = Record<string, (options: unknown) => unknown>;
const scope = globalThis as unknown as Scope;
const page = (made: Record<string, unknown>) => ({ pages: { 'pages/home/home': made, 'pages/cart/cart': {} } });
const clicks = (messages: Message[]) => only(messages, '$click').map(({ properties }) => properties?.handler);

afterEach(() => void vi.restoreAllMocks());

it('a batch is deleted when the server answers 500', async () => {
  let failures = 1;
  const server = () => (failures-- > 0 ? { status: 500 } : { status: 200, body: '{"success":true,"rejected":[]}' });
  const { sdk } = await start({}, {}, { server });
  expect(await sdk.flush(10_000)).toMatchObject({ sent: 4, pending: 0, dropped: 0 });
});

it('events are retried a few times and then thrown away, and never stored', async () => {
  const store = new Map<string, string>();
  const first = await start({}, {}, { server: () => ({ status: 503 }), store });
  first.host.hide();
  expect([...store.values()].join()).toContain('$app_launch');
  expect(first.sdk.stats().dropped).toBe(0);
});

it('a handler that calls another one counts twice', async () => {
  const made = {
    a(this: { b(e: object): void }, e: object) {
      this.b(e);
    },
    b() {},
  };
  const { host, sdk } = await start({}, page(made));
  host.fire('a', event());
  expect(clicks(await delivered({ host, sdk }))).toEqual(['a']);
});

it('a second tap within ten milliseconds is taken for the first', async () => {
  const { host, sdk } = await start({}, page({ a() {}, b() {} }));
  host.fire('a', event({ id: 'x', timeStamp: 5 }));
  host.fire('b', event({ id: 'y', timeStamp: 5 }));
  expect(clicks(await delivered({ host, sdk }))).toEqual(['a', 'b']);
});

it('a handler that throws is not recorded', async () => {
  const made = {
    a() {
      throw new Error('x');
    },
  };
  const { host, sdk } = await start({}, page(made));
  expect(() => host.fire('a', event())).toThrow('x');
  expect(clicks(await delivered({ host, sdk }))).toEqual(['a']);
});

it('handlers in a Behavior are not seen', async () => {
  const { host, sdk } = await load({ consentMode: 'opt_out' });
  const shared = scope.Behavior?.({ methods: { a() {} } }) as { methods: object };
  register(host, { pages: {}, components: { 'pages/home/home': { methods: { ...shared.methods } } } });
  host.launch('pages/home/home');
  host.fire('a', event());
  expect(clicks(await delivered({ host, sdk }))).toEqual(['a']);
});

it('a handler gets an Arguments object instead of its event; results and this are lost', async () => {
  const made = {
    n: 2,
    a(this: { n: number }, e: { currentTarget: { id: string } }) {
      return [this.n, e.currentTarget.id];
    },
  };
  const { host } = await start({}, page(made));
  expect(host.fire('a', event({ id: 'x' }))).toEqual([2, 'x']);
});

it('every page gets a share menu, and a page’s own card is lost', async () => {
  const card = { title: 't' };
  const { host } = await start({}, page({ onShareAppMessage: () => card }));
  expect(host.fire('onShareAppMessage', {})).toBe(card);
  host.go('navigateTo', 'pages/cart/cart');
  expect(host.top()).not.toHaveProperty('onShareAppMessage');
});

it('every component gets page lifecycles', async () => {
  vi.resetModules();
  createHost();
  const got: { methods: object }[] = [];
  scope.Component = (options) => got.push(options as { methods: object });
  const sdk = (await import('../src/index.js')).init(OPTIONS);
  scope.Component?.({ methods: { a() {} } });
  expect(got.map((options) => [Object.keys(options), Object.keys(options.methods)])).toEqual([[['methods'], ['a']]]);
  sdk.close();
});

it('a page or component that is refused by the platform is registered twice', async () => {
  vi.resetModules();
  createHost();
  let calls = 0;
  scope.Page = () => {
    calls++;
    throw new Error('refused');
  };
  const sdk = (await import('../src/index.js')).init(OPTIONS);
  expect(() => scope.Page?.({})).toThrow('refused');
  expect(calls).toBe(1);
  sdk.close();
});

it('Component’s return value is lost', async () => {
  vi.resetModules();
  createHost();
  scope.Component = () => 'component id';
  const sdk = (await import('../src/index.js')).init(OPTIONS);
  expect(scope.Component?.({ methods: {} })).toBe('component id');
  sdk.close();
});

it('the app’s options object is changed, or a frozen one breaks the app', async () => {
  const made = Object.freeze({ a() {} });
  const before = made.a;
  const { host, sdk } = await start({}, page(made));
  host.fire('a', event());
  expect(made.a).toBe(before);
  expect(clicks(await delivered({ host, sdk }))).toEqual(['a']);
});

it('two copies of the SDK count everything twice', async () => {
  const { host, sdk } = await load({ consentMode: 'opt_out' });
  vi.resetModules();
  const again = (await import('../src/index.js')).init({ ...OPTIONS, consentMode: 'opt_out' });
  register(host, page({ a() {} }));
  host.launch('pages/home/home');
  host.fire('a', event());
  again.track('From the second copy');
  await again.flush();
  const sent = await delivered({ host, sdk });
  expect(names(sent)).toEqual([
    '$session_start',
    '$app_launch',
    '$app_show',
    '$page',
    '$click',
    'From the second copy',
  ]);
});

it('beside another vendor that wraps too, one of the two stays silent', async () => {
  for (const first of [true, false]) {
    vi.resetModules();
    const host = createHost();
    const seen: string[] = [];
    const vendor = () => {
      const original = scope.Page as Scope[string];
      scope.Page = (options) => {
        const all = options as Record<string, (...args: unknown[]) => unknown>;
        for (const name of Object.keys(all)) {
          const run = all[name];
          all[name] = function (...args) {
            seen.push(name);
            return run?.apply(this, args);
          };
        }
        return original(all);
      };
    };
    if (first) vendor();
    const sdk = (await import('../src/index.js')).init({ ...OPTIONS, consentMode: 'opt_out' }) as Sdk;
    if (!first) vendor();
    register(host, page({ a() {} }));
    host.launch('pages/home/home');
    host.fire('a', event());
    expect(seen).toContain('a');
    expect(clicks(await delivered({ host, sdk }))).toEqual(['a']);
    sdk.close();
    await settled(300); // its last write must not land in the next host
  }
});

it('before consent a device id is made and stored, and the device is read', async () => {
  const { host } = await load();
  host.launch('pages/home/home');
  await settled(300);
  expect(host.store.size).toBe(0);
  expect(host.reads).toEqual([]);
});

it('the cold start before consent is lost, or gets the time of the consent', async () => {
  const { host, sdk } = await load();
  const began = Date.now();
  host.launch('pages/home/home');
  await settled(200);
  sdk.consent.set({ analytics: true });
  const [, launch] = await delivered({ host, sdk });
  expect(launch?.event).toBe('$app_launch');
  expect(Date.parse(launch?.timestamp || '') - began).toBeLessThan(150);
});

it('equal times are moved apart, events have no id of their own', async () => {
  const { host, sdk } = await start();
  for (let i = 0; i < 20; i++) sdk.track('Same');
  const same = only(await delivered({ host, sdk }), 'Same');
  expect(new Set(same.map(({ messageId }) => messageId)).size).toBe(20);
  expect(same.map(({ context }) => context.seq)).toEqual([...same.keys()].map((i) => i + 4));
});

it('the whole queue is written into one key, synchronously, again and again', async () => {
  const { host, sdk } = await start();
  const before = host.calls.setStorageSync || 0;
  for (let i = 0; i < 100; i++) sdk.track('E', { text: 'x'.repeat(1_000) });
  await settled(300);
  expect(host.calls.setStorageSync || 0).toBe(before);
  expect(Math.max(...host.writes.map(({ bytes }) => bytes))).toBeLessThan(200 * 1024);
});

it('getSystemInfo is called, which warns and blocks', async () => {
  const { host, sdk } = await start();
  await sdk.flush();
  expect(host.reads.filter((name) => name.startsWith('getSystemInfo'))).toEqual([]);
});

it('the id of the visitor stands in shared cards and web-view addresses', async () => {
  const { wechat } = await import('../src/extras/index.js');
  const server = ({ url }: { url: string }) => ({
    status: 200,
    body: JSON.stringify(url.endsWith('/handoff') ? { token: 'h1.a.1.b' } : { success: true, rejected: [] }),
  });
  const { host, sdk } = await start({ plugins: [wechat()] }, page({ onShareAppMessage: () => ({ path: '/p' }) }), {
    server,
  });
  await sdk.flush();
  const id = sdk.getAnonymousId() as string;
  expect(id).toMatch(/^[0-9a-f-]{36}$/);
  expect(await sdk.webViewUrl('https://shop.example/a?b=1#c')).toBe('https://shop.example/a?b=1&fh_handoff=h1.a.1.b#c');
  expect(JSON.stringify(host.fire('onShareAppMessage', {}))).not.toContain(id);
});

it('placeholders in Chinese are written as data', async () => {
  const { host, sdk } = await start({}, page({ a() {} }));
  host.fire('a', event({ id: '', detail: {} }));
  expect(JSON.stringify(await delivered({ host, sdk }))).not.toMatch(/取值异常|未取到值|直接打开/);
});

it('importing alone replaces App and Page and listens', async () => {
  vi.resetModules();
  const host = createHost();
  const before = ['App', 'Page', 'Component', 'Behavior'].map((name) => scope[name]);
  await import('../src/index.js');
  await import('../src/extras/index.js');
  expect(['App', 'Page', 'Component', 'Behavior'].map((name) => scope[name])).toEqual(before);
  expect([Object.keys(host.listeners), host.calls, host.reads]).toEqual([[], {}, []]);
});

it('a page that was registered before the SDK was set up stays unseen for ever', async () => {
  vi.resetModules();
  const host = createHost();
  register(host, {});
  const sdk = (await import('../src/index.js')).init({ ...OPTIONS, consentMode: 'opt_out' }) as Sdk;
  host.launch('pages/home/home');
  host.go('navigateTo', 'pages/cart/cart');
  const pages = only(await delivered({ host, sdk }), '$page').map(({ context }) => context.page?.path);
  expect(pages).toEqual(['/pages/home/home', '/pages/cart/cart']);
  sdk.close();
});

it('App’s own functions lose this and their arguments', async () => {
  const got: unknown[] = [];
  const app = {
    name: 'shop',
    onLaunch(this: { name: string }, entry: { scene: number }) {
      got.push(this.name, entry.scene);
    },
  };
  const { host } = await load({ consentMode: 'opt_out' }, { app });
  expect((scope.getApp as unknown as () => unknown)()).toBe(app);
  host.launch('pages/home/home', { scene: 1011 });
  expect(got).toEqual(['shop', 1011]);
});

it('what App.onLaunch registers comes too late for the launch', async () => {
  const started = await load({ consentMode: 'opt_out' });
  const { host, sdk } = started;
  register(host, { app: { onLaunch: () => sdk.register({ channel: 'poster' }) } });
  host.launch('pages/home/home');
  const [launch] = only(await delivered(started), '$app_launch');
  expect(launch?.properties).toMatchObject({ channel: 'poster' });
});

it('a handler that is called with null, or with nothing, breaks the tracker or the app', async () => {
  const { host, sdk } = await start({}, page({ a: (e: unknown) => e }));
  for (const given of [null, undefined, 0, { type: 'tap' }, { type: {} }]) expect(host.fire('a', given)).toBe(given);
  expect(only(await delivered({ host, sdk }), '$click')).toEqual([]);
});

it('a tab bar of the app’s own is not seen, because only the native one fires onTabItemTap', async () => {
  const { host, sdk } = await start({}, { components: { 'pages/home/home': { methods: { onTab() {} } } }, pages: {} });
  host.fire('onTab', event({ id: 'cart', dataset: { track: 'tab' } }));
  expect(clicks(await delivered({ host, sdk }))).toEqual(['onTab']);
  expect(host.top()).not.toHaveProperty('onTabItemTap');
});

it('an answer that never comes leaves the sender waiting for ever', async () => {
  vi.useFakeTimers();
  let answers = 0;
  const server = () => ({ status: 200, body: '{"success":true}', after: answers++ ? 0 : Number.POSITIVE_INFINITY });
  const { sdk } = await start({}, {}, { server });
  await vi.advanceTimersByTimeAsync(30_000);
  expect(sdk.stats()).toMatchObject({ pending: 0, dropped: 0, sent: 4 });
  vi.useRealTimers();
});

it('in a plugin, which has no App and hears no show, there is nothing, or an error', async () => {
  const { host, sdk } = await load({ consentMode: 'opt_out' }, page({ a() {} }), { plugin: true });
  host.launch('pages/home/home');
  host.fire('a', event());
  expect(clicks(await delivered({ host, sdk }))).toEqual(['a']);
});
