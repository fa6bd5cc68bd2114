/** The ports over a `wx` in memory: what is on the wire, and that nothing happens before consent. */

import { readFileSync } from 'node:fs';
import { beforeEach, expect, it, vi } from 'vitest';
import type { Wx } from '../src/wx.js';

const info = { pixelRatio: 3, screenWidth: 390, screenHeight: 844, windowWidth: 390, windowHeight: 753 };
const device = { brand: 'HUAWEI', model: 'ALN-AL00', system: 'HarmonyOS 4.2', platform: 'android' };
const base = { language: 'zh_CN', version: '8.0.50' };
type Request = Parameters<Wx['request']>[0];

let store: Map<string, string>;
let requests: Request[];
let hide: () => void;
let answer: (request: Request) => void;

beforeEach(() => {
  vi.resetModules();
  store = new Map();
  requests = [];
  answer = ({ success }) => success({ statusCode: 200, header: {}, data: '{"success":true,"rejected":[]}' });
  const wx: Wx = {
    getStorageSync: (key) => store.get(key) ?? '',
    setStorageSync: (key, value) => void store.set(key, value),
    removeStorageSync: (key) => void store.delete(key),
    getStorageInfoSync: () => ({ keys: [...store.keys()] }),
    request(options) {
      requests.push(options);
      answer(options);
      return { abort: () => options.fail() };
    },
    onAppShow: () => {},
    onAppHide: (run) => {
      hide = run;
    },
    offAppShow: () => {},
    offAppHide: () => {},
    onNetworkStatusChange: () => {},
    offNetworkStatusChange: () => {},
    getNetworkType: ({ success }) => success({ networkType: '5g' }),
    getWindowInfo: () => info,
    getDeviceInfo: () => device,
    getAppBaseInfo: () => base,
    getSystemInfoSync: () => ({ ...info, ...device, ...base }),
    getEnterOptionsSync: () => ({ scene: 1047 }),
    getAccountInfoSync: () => ({ miniProgram: { appId: 'wx0', version: '' } }),
  };
  vi.stubGlobal('wx', wx);
  vi.stubGlobal('getCurrentPages', () => [{ route: 'pages/index/index' }, { route: 'pages/cart/cart' }]);
});

const options = { writeKey: 'wk', endpoint: 'https://c.example', strict: true } as const;

it('before consent: no request, nothing stored; after it one request as the collector wants it', async () => {
  const { init } = await import('../src/index.js');
  const client = init(options);
  client.page();
  client.track('加入购物车', { sku: 'A1' });
  hide();
  expect(requests).toEqual([]);
  expect(store.size).toBe(0);
  client.consent.set({ analytics: true });
  expect(await client.flush()).toEqual({ sent: 2, pending: 0, dropped: 0 });
  expect(requests[0]).toMatchObject({
    url: 'https://c.example/v1/batch',
    method: 'POST',
    header: { 'content-type': 'text/plain' },
  });
  const [page, track] = JSON.parse(requests[0]?.data ?? '').batch;
  expect(page.type).toBe('page');
  expect(track).toMatchObject({
    event: '加入购物车',
    context: {
      library: { name: '@firsthand/miniprogram' },
      page: { path: '/pages/cart/cart' },
      locale: 'zh_CN',
      network: '5g',
      scene: 1047,
      os: { name: 'android', version: 'HarmonyOS 4.2' },
      seq: 1,
    },
  });
});

it('hiding sends; what is not confirmed is there at the next start, with the same id', async () => {
  const first = (await import('../src/index.js')).init({ ...options, consentMode: 'opt_out' });
  answer = ({ success }) => success({ statusCode: 503, header: { 'Retry-After': '7' }, data: '' });
  first.track('A');
  hide();
  await vi.waitFor(() => expect(requests).toHaveLength(1));
  vi.resetModules();
  answer = ({ success }) => success({ statusCode: 200, header: {}, data: '{"success":true,"rejected":[]}' });
  const second = (await import('../src/index.js')).init({ ...options, consentMode: 'opt_out' });
  expect(second).not.toBe(first);
  expect(await second.flush()).toMatchObject({ sent: 1, pending: 0 });
  const [one, two] = requests.map(({ data }) => JSON.parse(data).batch[0].messageId);
  expect(one).toBe(two);
  first.close();
});

it('withdrawal leaves the choice and nothing else', async () => {
  const { init } = await import('../src/index.js');
  const client = init({ ...options, consentMode: 'opt_out' });
  client.track('A');
  client.consent.withdraw();
  expect([...store.keys()]).toEqual(['fh.wk.consent']);
});

it('an older base library is asked the older way', async () => {
  Object.assign(wx, { getWindowInfo: undefined, getDeviceInfo: undefined, getAppBaseInfo: undefined });
  const { init } = await import('../src/index.js');
  const client = init({ ...options, consentMode: 'opt_out' });
  client.track('A');
  await client.flush();
  expect(JSON.parse(requests[0]?.data ?? '').batch[0].context).toMatchObject({
    screen: { width: 390, height: 844, density: 3 },
    locale: 'zh_CN',
  });
});

it('names the version of the package', async () => {
  const { VERSION } = await import('../src/index.js');
  expect(VERSION).toBe(JSON.parse(readFileSync(`${import.meta.dirname}/../package.json`, 'utf8')).version);
});
