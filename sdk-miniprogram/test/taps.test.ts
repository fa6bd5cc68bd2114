/** Taps, shares and exposure: one gesture is one event, and the app notices nothing. */

import { describe, expect, it, vi } from 'vitest';
import { errors, exposure, frameworks, updates, wechat } from '../src/extras/index.js';
import { delivered, load, type Message, names, only, register, settled, start } from './boot.js';
import { event } from './host/plain.js';

type Page = Record<string, unknown> & { setData(data: object): void };
const page = (made: Record<string, unknown>) => ({ pages: { 'pages/home/home': made, 'pages/cart/cart': {} } });
const clicks = (messages: Message[]) =>
  messages.filter(({ event: name }) => /^\$(click|change|submit)$/.test(name || ''));

describe('one gesture is one event', () => {
  it('says what was touched, and no text and no value', async () => {
    const { host, sdk } = await start({}, page({ onBuy() {} }));
    const dataset = {
      track: 'buy',
      trackPlan: 'pro',
      trackPrice: 9.5,
      trackList: ['x'],
      phone: '13800138000',
      text: '立即购买',
    };
    host.fire('onBuy', event({ id: 'buy', dataset, detail: { x: 15.4, y: 25.6, value: '13800138000' } }));
    const [click] = clicks(await delivered({ host, sdk }));
    expect(click).toMatchObject({ event: '$click', context: { page: { path: '/pages/home/home' } } });
    expect(click?.properties).toEqual({
      ...{ type: 'tap', handler: 'onBuy', id: 'buy', name: 'buy', x: 15, y: 26, plan: 'pro', price: 9.5 },
    });
  });

  it.each([
    ['longpress', '$click'],
    ['longtap', '$click'],
    ['change', '$change'],
    ['confirm', '$submit'],
    ['submit', '$submit'],
  ])('%s is %s', async (type, name) => {
    const { host, sdk } = await start({}, page({ on() {} }));
    host.fire('on', event({ type, detail: { value: 'secret' } }));
    const [one] = clicks(await delivered({ host, sdk }));
    expect(one).toMatchObject({ event: name, properties: { type, handler: 'on' } });
    expect(JSON.stringify(one)).not.toContain('secret');
  });

  it('other events and plain calls are none', async () => {
    const { host, sdk } = await start({}, page({ on() {}, format: (n: number) => `¥${n}` }));
    host.fire('on', event({ type: 'scroll' }));
    host.fire('on', event({ type: 'input' }));
    host.fire('on', { type: 'tap' });
    host.fire('on', null, undefined);
    host.fire('on');
    expect(host.fire('format', 9)).toBe('¥9');
    expect(clicks(await delivered({ host, sdk }))).toEqual([]);
  });

  it('a handler that calls another handler, with the event or a copy of it', async () => {
    const outer = {
      onTap(this: Page, e: object) {
        (this.onBuy as (e: object) => void)(e);
        (this.onBuy as (e: object) => void)({ ...e, timeStamp: 9_999 });
      },
      onBuy() {},
    };
    const { host, sdk } = await start({}, page(outer));
    host.fire('onTap', event());
    expect(clicks(await delivered({ host, sdk })).map(({ properties }) => properties?.handler)).toEqual(['onTap']);
  });

  it('a later call with the same event is the same gesture', async () => {
    const { host, sdk } = await start({}, page({ onTap() {}, onLater() {} }));
    const e = event();
    host.fire('onTap', e);
    host.fire('onLater', e);
    expect(clicks(await delivered({ host, sdk }))).toHaveLength(1);
  });

  it('a tap that bubbles reaches each handler as an object of its own and is one', async () => {
    const { host, sdk } = await start({}, page({ onInner() {}, onOuter() {} }));
    const inner = event({ id: 'inner', timeStamp: 77 });
    host.fire('onInner', inner);
    host.fire('onOuter', { ...event({ id: 'outer', timeStamp: 77 }), target: { ...inner.target } });
    expect(clicks(await delivered({ host, sdk })).map(({ properties }) => properties?.id)).toEqual(['inner']);
  });

  it('two taps are two, in the same millisecond too', async () => {
    const { host, sdk } = await start({}, page({ onTap() {} }));
    host.fire('onTap', event({ id: 'a', timeStamp: 5 }));
    host.fire('onTap', event({ id: 'b', timeStamp: 5 }));
    host.fire('onTap', event({ id: 'b', timeStamp: 6 }));
    expect(clicks(await delivered({ host, sdk }))).toHaveLength(3);
  });

  it('a handler that throws is recorded, and its error is the app’s', async () => {
    const wrong = new Error('out of stock');
    const onTap = () => {
      throw wrong;
    };
    const { host, sdk } = await start({}, page({ onTap, onNext() {} }));
    expect(() => host.fire('onTap', event())).toThrow(wrong);
    host.fire('onNext', event());
    expect(clicks(await delivered({ host, sdk }))).toHaveLength(2);
  });

  it('an element that is marked is left alone', async () => {
    const { host, sdk } = await start({}, page({ onTap() {} }));
    host.fire('onTap', event({ dataset: { firsthandIgnore: '' } }));
    expect(clicks(await delivered({ host, sdk }))).toEqual([]);
  });
});

describe('wherever a handler is', () => {
  it('methods of a component, and of its Behavior', async () => {
    const { host, sdk } = await load({ consentMode: 'opt_out' });
    const scope = globalThis as unknown as Record<string, (options: unknown) => { methods: Record<string, unknown> }>;
    const behavior = scope.Behavior?.({ methods: { onShared() {} } });
    register(host, {
      pages: {},
      components: { 'pages/home/home': { methods: { onOwn() {}, ...behavior?.methods } } },
    });
    host.launch('pages/home/home');
    host.fire('onOwn', event());
    host.fire('onShared', event());
    const seen = clicks(await delivered({ host, sdk })).map(({ properties }) => [
      properties?.handler,
      properties?.component,
    ]);
    expect(seen).toEqual([
      ['onOwn', 'pages/home/home'],
      ['onShared', 'pages/home/home'],
    ]);
  });

  it.each([
    ['uni-app, Vue 2', '__e', { eventOpts: [['tap', [['onBuy', ['$event']]]]] }, 'onBuy'],
    ['uni-app, a parent’s event', '__e', { eventOpts: [['^tap', [['onBuy']]]] }, 'onBuy'],
    ['mpx', '__invoke', { eventconfigs: { bubble: { tap: [['onBuy', 1]] } } }, 'onBuy'],
    ['mpx, capturing', '__invoke', { eventconfigs: { capture: { tap: [['onBuy', 1]] } } }, 'onBuy'],
    ['uni-app, Vue 3', 'e0_a1', {}, undefined],
    ['Taro', 'eh', {}, undefined],
    ['native', 'onBuy', { eventOpts: 'mine' }, 'onBuy'],
  ])('%s names the handler its own way', async (_, method, dataset, handler) => {
    const { host, sdk } = await start({ plugins: [frameworks()] }, page({ [method]() {} }));
    host.fire(method, event({ dataset }));
    expect(clicks(await delivered({ host, sdk }))[0]?.properties?.handler).toBe(handler);
  });

  it('the event may be the last argument', async () => {
    const { host, sdk } = await start({}, page({ onBuy() {} }));
    host.fire('onBuy', 'A1', 2, event());
    expect(clicks(await delivered({ host, sdk }))).toHaveLength(1);
  });
});

describe('sharing', () => {
  const card = { title: '茶壶', path: '/pages/home/home?sku=A1&from=u-7', imageUrl: 'x.png' };

  it('is observed only where the page answers, and the card goes back as it came', async () => {
    const options = {
      onShareAppMessage: () => card,
      onShareTimeline: () => undefined,
      onAddToFavorites: () => ({ title: 't' }),
    };
    const { host, sdk } = await start({ queryParams: ['sku'] }, page(options));
    expect(host.fire('onShareAppMessage', { from: 'button', target: {} })).toBe(card);
    expect(host.fire('onShareTimeline')).toBeUndefined();
    expect(host.fire('onAddToFavorites', {})).toEqual({ title: 't' });
    const sent = await delivered({ host, sdk });
    expect(only(sent, '$share').map(({ properties }) => properties)).toEqual([
      { method: 'message', from: 'button', path: '/pages/home/home?sku=A1' },
      { method: 'timeline' },
    ]);
    expect(only(sent, '$favorite')).toHaveLength(1);
    host.go('navigateTo', 'pages/cart/cart');
    expect(Object.keys(host.top()).filter((name) => name.startsWith('onShare') || name.startsWith('onAdd'))).toEqual(
      [],
    );
  });

  it('with shareTracking it carries a token of the collector’s, and no id', async () => {
    const token = (n: number) => `s1.${n}.abcdefghijklmnop.0123456789abcdefghijklmnop`;
    const server = ({ url, data }: { url: string; data: string }) => {
      if (!url.endsWith('/share')) return { status: 200, body: '{"success":true,"rejected":[]}' };
      return { status: 200, body: JSON.stringify({ token: JSON.parse(data).parent ? token(2) : token(1) }) };
    };
    const promised = { ...card, promise: Promise.resolve({ ...card, path: '/pages/cart/cart' }) };
    const made = { onShareAppMessage: () => card, onShareTimeline: () => ({ query: 'a=1' }), onLater: () => promised };
    const { host, sdk } = await start({ plugins: [wechat({ shareTracking: true })] }, page(made), { server });
    await settled();
    expect(host.fire('onShareAppMessage', {})).toEqual({ ...card, path: `${card.path}&fh_share=${token(1)}` });
    expect(card.path).not.toContain('fh_share');
    await settled();
    expect(host.fire('onShareTimeline', {})).toEqual({ query: `a=1&fh_share=${token(1)}` });
    // somebody opens it
    host.hide();
    host.show('pages/cart/cart', { query: { fh_share: token(1) } });
    await settled();
    const shown = only(await delivered({ host, sdk }), '$app_show')[1];
    expect(shown?.properties).toMatchObject({ share: token(1), shareDepth: 1 });
    const asked = host.network.requests.filter(({ url }) => url.endsWith('/share')).map(({ data }) => JSON.parse(data));
    expect(asked.every((body) => !JSON.stringify(body).includes(sdk.getAnonymousId() || 'none'))).toBe(true);
  });
});

it('exposure: half visible, with a name, once a view', async () => {
  const { host, sdk } = await start({ plugins: [exposure()] });
  await vi.waitFor(() => expect(host.exposure.selectors()).toEqual(['.track-exposure']));
  const node = { id: 'p1', dataset: { trackExposure: 'card', trackSku: 'A1', phone: '138' } };
  host.exposure.reveal({ ...node, intersectionRatio: 0.2 });
  host.exposure.reveal(node);
  host.exposure.reveal(node);
  host.exposure.reveal({ id: 'p2' });
  const sent = only(await delivered({ host, sdk }), '$exposure');
  expect(sent.map(({ properties }) => properties)).toEqual([{ name: 'card', id: 'p1', sku: 'A1' }]);
  host.go('navigateTo', 'pages/cart/cart');
  expect(host.exposure.selectors()).toEqual([]);
  sdk.close();
});

it('errors and updates are recorded only when asked for, without what they quote', async () => {
  const quiet = await start();
  quiet.host.emit('onError', 'boom');
  expect(names(await delivered(quiet))).not.toContain('$error');
  const found: Record<string, (result?: object) => void> = {};
  const manager = ['onCheckForUpdate', 'onUpdateReady', 'onUpdateFailed'].map((name) => [
    name,
    (run: (result?: object) => void) => {
      found[name] = run;
    },
  ]);
  const { host, sdk } = await load({ consentMode: 'opt_out', autotrack: { taps: false }, plugins: [errors()] });
  host.wx.getUpdateManager = () => Object.fromEntries(manager);
  sdk.use(updates()());
  host.launch('pages/home/home');
  host.emit('onError', 'TypeError: no mail ada@example.test\n    at page.js:3');
  host.emit('onUnhandledRejection', { reason: new Error('offline') });
  found.onCheckForUpdate?.({ hasUpdate: true });
  found.onUpdateReady?.();
  const sent = await delivered({ host, sdk });
  expect(only(sent, '$error').map(({ properties }) => properties)).toEqual([
    { kind: 'error', message: 'TypeError: no mail :redacted' },
    { kind: 'rejection', message: 'offline' },
  ]);
  expect(only(sent, 'App Update').map(({ properties }) => properties)).toEqual([
    { state: 'found' },
    { state: 'ready' },
  ]);
});
