/** Launches, shows and page views: which beacons a journey makes, in order, and which it must not make. */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { delivered, load, type Message, names, only, register, type Sdk, start } from './boot.js';
import { createHost } from './host/host.js';

beforeEach(() => void vi.useFakeTimers({ now: 1_700_000_000_000 }));
afterEach(() => void vi.useRealTimers());

async function all(started: Parameters<typeof delivered>[0]): Promise<Message[]> {
  const sent = delivered(started);
  await vi.advanceTimersByTimeAsync(10_000);
  return sent;
}
const paths = (messages: Message[]) => only(messages, '$page').map(({ context }) => context.page?.path);

describe.each([
  ['route events', true],
  ['lifecycles', false],
])('page views from %s', (_, routeEvents) => {
  it('a journey: one view a show, one leave a view, the right referrer', async () => {
    const { host, sdk } = await start({}, {}, { routeEvents });
    await vi.advanceTimersByTimeAsync(1_000);
    host.go('navigateTo', 'pages/cart/cart?sku=A1');
    await vi.advanceTimersByTimeAsync(2_000);
    host.back();
    await vi.advanceTimersByTimeAsync(500);
    host.go('redirectTo', 'pages/cart/cart');
    const sent = await all({ host, sdk });
    expect(names(sent)).toEqual([
      ...[
        '$session_start',
        '$app_launch',
        '$app_show',
        '$page',
        '$page_leave',
        '$page',
        '$page_leave',
        '$page',
        '$page_leave',
        '$page',
      ],
    ]);
    expect(paths(sent)).toEqual(['/pages/home/home', '/pages/cart/cart', '/pages/home/home', '/pages/cart/cart']);
    expect(only(sent, '$page').map(({ properties }) => properties?.referrer)).toEqual([
      ...[undefined, '/pages/home/home', '/pages/cart/cart', '/pages/home/home'],
    ]);
    expect(only(sent, '$page_leave').map(({ properties }) => properties)).toEqual([
      { path: '/pages/home/home', engagedMs: 1_000 },
      { path: '/pages/cart/cart', engagedMs: 2_000 },
      { path: '/pages/home/home', engagedMs: 500 },
    ]);
  });

  it('hiding leaves, returning shows again; the time hidden is not engaged', async () => {
    const { host, sdk } = await start({}, {}, { routeEvents });
    await vi.advanceTimersByTimeAsync(1_000);
    host.hide();
    await vi.advanceTimersByTimeAsync(60_000);
    host.show();
    await vi.advanceTimersByTimeAsync(3_000);
    host.hide();
    const sent = await all({ host, sdk });
    expect(names(sent)).toEqual([
      ...['$session_start', '$app_launch', '$app_show', '$page', '$page_leave', '$app_hide'],
      ...['$app_show', '$page', '$page_leave', '$app_hide'],
    ]);
    expect(only(sent, '$page_leave').map(({ properties }) => properties?.engagedMs)).toEqual([1_000, 3_000]);
    expect(only(sent, '$app_hide').map(({ properties }) => properties)).toEqual([
      { durationMs: 1_000 },
      { durationMs: 3_000 },
    ]);
  });

  it('returning by another path is one view, of that path', async () => {
    const { host, sdk } = await start({}, {}, { routeEvents });
    host.hide();
    await vi.advanceTimersByTimeAsync(1_000);
    host.show('pages/cart/cart', { scene: 1047 });
    await vi.advanceTimersByTimeAsync(1_000);
    const sent = await all({ host, sdk });
    expect(paths(sent)).toEqual(['/pages/home/home', '/pages/cart/cart']);
    expect(only(sent, '$app_show')[1]?.properties).toMatchObject({ scene: 1047, path: '/pages/cart/cart' });
  });

  it('leaving again within a moment makes no view of nobody', async () => {
    const { host, sdk } = await start({}, {}, { routeEvents });
    host.hide();
    host.show();
    host.hide();
    await vi.advanceTimersByTimeAsync(2_000);
    host.show();
    await vi.advanceTimersByTimeAsync(1_000);
    const views = paths(await all({ host, sdk }));
    expect(views.length).toBe(routeEvents ? 2 : 3);
  });

  it('tab pages are kept, and each show is a view', async () => {
    const tabs = ['pages/home/home', 'pages/cart/cart'];
    const { host, sdk } = await start({}, {}, { routeEvents, tabs });
    host.go('switchTab', 'pages/cart/cart');
    host.go('switchTab', 'pages/home/home');
    expect(paths(await all({ host, sdk }))).toEqual(['/pages/home/home', '/pages/cart/cart', '/pages/home/home']);
  });
});

it('knows how a page was opened', async () => {
  const { host, sdk } = await start();
  host.go('navigateTo', 'pages/cart/cart');
  host.go('reLaunch', 'pages/home/home');
  const opened = only(await all({ host, sdk }), '$page').map(({ properties }) => properties?.openType);
  expect(opened).toEqual(['appLaunch', 'navigateTo', 'reLaunch']);
});

it('a page that is built with Component is a page too, a frozen one as well, and a component on it is none', async () => {
  const shown: string[] = [];
  const component = Object.freeze({
    pageLifetimes: Object.freeze({ show: () => void shown.push('own') }),
    methods: { onLoad: () => shown.push('load') },
  });
  const { host, sdk } = await start(
    {},
    { components: { 'pages/home/home': component }, pages: {} },
    { routeEvents: false },
  );
  const inner = (globalThis as unknown as { Component(options: object): unknown }).Component;
  expect(() => inner({ pageLifetimes: {} })).not.toThrow();
  expect(paths(await all({ host, sdk }))).toEqual(['/pages/home/home']);
  expect(shown).toEqual(['load', 'own']);
});

it('of a query only what is declared or names a campaign is kept', async () => {
  const { host, sdk } = await load({ consentMode: 'opt_out', queryParams: ['sku'] });
  host.launch('pages/home/home?sku=A1&phone=13800138000&utm_source=wecom', { scene: 1007 });
  const [, launch, , page] = await all({ host, sdk });
  expect(launch?.properties).toMatchObject({
    path: '/pages/home/home',
    search: '?sku=A1&utm_source=wecom',
    scene: 1007,
  });
  expect(page?.context.page).toMatchObject({ path: '/pages/home/home', search: '?sku=A1&utm_source=wecom' });
  expect(JSON.stringify(host.sent())).not.toContain('13800138000');
});

it('titles are those the app declares', async () => {
  const { host, sdk } = await start({ titles: { '/pages/home/home': '小店' } });
  host.go('navigateTo', 'pages/cart/cart');
  const titles = only(await all({ host, sdk }), '$page').map(({ context }) => context.page?.title);
  expect(titles).toEqual(['小店', undefined]);
});

it('a late init makes up for the show and the page it has missed, once', async () => {
  const host = createHost();
  register(host, {});
  host.launch('pages/home/home');
  vi.resetModules();
  const late = (await import('../src/index.js')).init({
    writeKey: 'wk',
    endpoint: 'https://c.example',
    consentMode: 'opt_out',
  });
  host.go('navigateTo', 'pages/cart/cart');
  const sent = await all({ host, sdk: late as Sdk });
  expect(names(sent)).toEqual(['$session_start', '$app_launch', '$app_show', '$page', '$page_leave', '$page']);
});

it('in a plugin nobody says when the mini-program is shown; routes are heard all the same', async () => {
  const { host, sdk } = await load({ consentMode: 'opt_out' }, {}, { plugin: true });
  host.launch('pages/home/home');
  host.go('navigateTo', 'pages/cart/cart');
  const sent = await all({ host, sdk });
  expect(names(sent)).toEqual(['$session_start', '$app_launch', '$app_show', '$page', '$page_leave', '$page']);
});
