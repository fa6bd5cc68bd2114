/** Delivery under WeChat's rules: what is on the wire, what is kept, and what a broken world costs. */

import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { load, names, only, register, start } from './boot.js';
import type { Reply, Server } from './host/network.js';

beforeEach(() => void vi.useFakeTimers({ now: 1_700_000_000_000 }));
afterEach(() => void vi.useRealTimers());

const OK = '{"success":true,"rejected":[]}';
const after = (ms: number) => vi.advanceTimersByTimeAsync(ms);
/** Answers in turn, then 200. */
const script =
  (...replies: Reply[]): Server =>
  () =>
    replies.shift() || { status: 200, body: OK };
const ids = (bodies: { data: string }[]) =>
  bodies.map(({ data }) => JSON.parse(data).batch.map((m: { messageId: string }) => m.messageId));

it('one request as the collector wants it', async () => {
  const { host } = await start();
  await after(5_000);
  expect(host.network.requests[0]).toMatchObject({
    ...{ url: 'https://c.example/v1/batch', method: 'POST', header: { 'content-type': 'text/plain' }, timeout: 10_000 },
  });
  expect(host.network.most()).toBe(1);
});

describe('an answer that is no confirmation', () => {
  it.each([
    ['500', { status: 500 }],
    ['503 with patience', { status: 503, headers: { 'retry-after': '2' } }],
    ['429', { status: 429, headers: { 'Retry-After': '2' } }],
    ['interrupted', { status: 0, fails: 'request:fail interrupted' }],
    ['a portal’s page', { status: 200, body: '<html>' }],
  ])('%s: sent again with the same ids, once the time has come', async (_, reply: Reply) => {
    const { host, sdk } = await start({}, {}, { server: script(reply) });
    await after(60_000);
    expect(ids(host.network.requests)[0]).toEqual(ids(host.network.requests)[1]);
    expect(sdk.stats()).toMatchObject({ sent: 4, pending: 0, dropped: 0 });
  });

  it('Retry-After is obeyed', async () => {
    const { host } = await start({}, {}, { server: script({ status: 503, headers: { 'RETRY-AFTER': '30' } }) });
    await after(32_000);
    expect(host.network.requests).toHaveLength(1);
    await after(4_000);
    expect(host.network.requests).toHaveLength(2);
  });

  it('400 is given up, counted, and told', async () => {
    const { host, sdk } = await start({}, {}, { server: script({ status: 400 }) });
    await after(5_000);
    sdk.track('A');
    await after(10_000);
    const [lost] = only(host.sent(), '$lost');
    expect(lost?.properties).toEqual({ count: 4, reasons: { refused: 4 } });
  });
});

describe('hiding', () => {
  it('stores at once, sends one request after the other, and keeps what is not confirmed', async () => {
    const slow: Server = () => ({ status: 200, body: OK, after: 2_000 });
    const store = new Map<string, string>();
    const { host, sdk } = await start({ flushAt: 2 }, {}, { server: slow, store });
    for (let i = 0; i < 8; i++) sdk.track(`E${i}`);
    host.hide();
    const chunks = [...store]
      .filter(([key]) => key.startsWith('fh.wk.~'))
      .map(([, text]) => text)
      .join();
    for (const name of ['E7', '$app_hide', '$page_leave']) expect(chunks).toContain(name);
    await after(20_000);
    // 2 s each, 5 s in all: the third was interrupted, and no fourth was begun
    expect(host.network.most()).toBe(1);
    expect(host.network.requests).toHaveLength(3);
    host.show();
    await after(60_000);
    expect(sdk.stats().pending).toBe(0);
    const delivered = ids(host.network.requests.filter((_, i) => i !== 2)).flat();
    expect(new Set(delivered).size).toBe(delivered.length);
  });

  it('what was not confirmed when the process died is there at the next start, with the same ids', async () => {
    const store = new Map<string, string>();
    const first = await start({}, {}, { server: () => ({ status: 0, after: Number.POSITIVE_INFINITY }), store });
    first.sdk.track('A');
    first.host.hide();
    await after(6_000);
    const [unsure] = ids(first.host.network.requests);
    const second = await start({}, {}, { store });
    await after(10_000);
    expect(ids(second.host.network.requests).flat()).toEqual(expect.arrayContaining(unsure));
    expect(second.sdk.stats().pending).toBe(0);
    expect(names(second.host.sent()).filter((name) => name === '$app_launch')).toHaveLength(2);
  });
});

describe('storage', () => {
  it('a start writes nothing synchronously but the choice; chunks stay far below the limits', async () => {
    const silent = () => ({ status: 0, after: Number.POSITIVE_INFINITY });
    const { host, sdk } = await load({ flushAfterMs: 1e9, flushAt: 1e9 }, {}, { server: silent });
    host.launch('pages/home/home');
    sdk.consent.set({ analytics: true });
    for (let i = 0; i < 400; i++) sdk.track('E', { text: '字'.repeat(300) });
    expect(host.calls.setStorageSync).toBe(1);
    await after(1_000);
    expect(host.calls.setStorageSync).toBe(1);
    const queued = host.writes.filter(({ key }) => key.startsWith('fh.wk.~'));
    expect(queued.length).toBeGreaterThan(5);
    expect(Math.max(...queued.map(({ bytes }) => bytes))).toBeLessThan(200 * 1024);
    expect(sdk.stats()).toMatchObject({ queued: 404, dropped: 0 });
  });

  it('2 MB in all: what is over the bound goes, oldest first, and is told', async () => {
    const { host, sdk } = await start({ flushAfterMs: 1e9, flushAt: 1e9, maxQueueBytes: 8e6, maxQueueEvents: 5_000 });
    for (let i = 0; i < 2_500; i++) sdk.track('E', { text: 'x'.repeat(1_000) });
    await after(1_000);
    let bytes = 0;
    for (const [key, text] of host.store) bytes += key.length + Buffer.byteLength(text);
    expect(bytes).toBeLessThan(2 * 1024 * 1024);
    expect(sdk.stats()).toMatchObject({ dropped: 0 }); // the rest is in memory
  });

  it('a full storage loses nothing while the mini-program lives', async () => {
    const { host, sdk } = await start();
    host.settings.storageBytes = 0;
    sdk.track('A');
    await after(1_000);
    host.hide();
    await after(10_000);
    expect(names(host.sent())).toContain('A');
    expect(sdk.stats()).toMatchObject({ pending: 0, dropped: 0 });
  });

  it('damaged chunks are as if they were not there', async () => {
    const store = new Map([
      ['fh.wk.~0', '{"fh.wk.id":1'],
      ['fh.wk.~1', '[]'],
      ['fh.wk.~x', 'null'],
      ['other', 'theirs'],
    ]);
    const { host, sdk } = await start({}, {}, { store });
    await after(5_000);
    expect(sdk.stats()).toMatchObject({ sent: 4, dropped: 0 });
    expect(host.store.get('other')).toBe('theirs');
  });

  it('a slow asynchronous write never undoes what hiding has written', async () => {
    const { host, sdk } = await start(
      { flushAfterMs: 1e9 },
      {},
      { server: () => ({ status: 503, headers: { 'retry-after': '200' } }) },
    );
    host.settings.storageDelayMs = 3_000;
    await after(250); // an asynchronous write is under way
    sdk.track('Last');
    host.hide();
    await after(4_000);
    const kept = [...host.store]
      .filter(([key]) => key.startsWith('fh.wk.~'))
      .map(([, text]) => text)
      .join();
    expect(kept).toContain('Last');
    expect(kept).toContain('$app_hide');
  });
});

it('offline waits; coming online sends at once', async () => {
  const { host, sdk } = await start();
  host.connect(false);
  sdk.track('A');
  await after(60_000);
  const before = host.network.requests.length;
  host.connect(true);
  await after(100);
  expect(host.network.requests.length).toBe(before + 1);
  expect(sdk.stats().pending).toBe(0);
  expect(host.sent().at(-1).context.network).toBe('none'); // as it was when it happened
});

it('a domain that is not listed: one clear hint, and events wait', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const { host, sdk } = await load({ consentMode: 'opt_out' });
  host.network.domains = ['api.shop.example'];
  host.launch('pages/home/home');
  await after(60_000);
  expect(warn.mock.calls).toEqual([['firsthand: add https://c.example to request 合法域名 on mp.weixin.qq.com']]);
  expect(sdk.stats()).toMatchObject({ sent: 0, dropped: 0 });
});

it('while the app fills all ten connections events wait, then arrive', async () => {
  const { host, sdk } = await load({ consentMode: 'opt_out' });
  for (let i = 0; i < 10; i++) {
    const request = host.wx.request as (options: object) => void;
    host.network.server = () => ({ status: 200, body: OK, after: 20_000 });
    request({ url: 'https://api.shop.example/x', data: '{}', timeout: 60_000, success() {}, fail() {} });
  }
  await after(10);
  host.network.server = script();
  host.launch('pages/home/home');
  await after(120_000);
  expect(sdk.stats()).toMatchObject({ sent: 4, pending: 0, dropped: 0 });
});

it('a clock that jumps back an hour begins another session and loses nothing', async () => {
  const { host, sdk } = await start();
  await after(5_000);
  vi.setSystemTime(Date.now() - 3_600_000);
  sdk.track('A');
  await after(10_000);
  const [first, last] = [host.sent()[0], host.sent().at(-1)];
  expect(last.context.sessionId).not.toBe(first.context.sessionId);
  expect(sdk.stats().pending).toBe(0);
});

it('names the version of the package', async () => {
  const { VERSION } = await import('../src/index.js');
  expect(VERSION).toBe(JSON.parse(readFileSync(`${import.meta.dirname}/../package.json`, 'utf8')).version);
});

it('without writeKey or endpoint it says so and does nothing', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const { host, sdk } = await load({ writeKey: '' });
  register(host, {});
  host.launch('pages/home/home');
  sdk.track('A');
  expect(warn).toHaveBeenCalledWith('firsthand: writeKey, endpoint?');
  expect(sdk.stats).toBeUndefined();
  expect(host.network.requests).toEqual([]);
});
