// @vitest-environment jsdom
// @vitest-environment-options { "url": "https://www.shop.example/start?utm_source=news&q=1#top" }
/** The browser's ports and entries: storage, cookie, the stub, the script tag, and what is on the wire. */

import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { optionsOf, start } from '../src/browser/script.js';
import { SNIPPET } from '../src/browser/snippet.js';
import { webStorage } from '../src/browser/storage.js';
import { VERSION } from '../src/browser/version.js';
import { createWeb, type Firsthand } from '../src/browser/web.js';
import type { Message } from '../src/core/protocol.js';
import { consentCookie } from '../src/plugins/consent_cookie.js';
import { PLUGINS } from '../src/plugins/index.js';

const sent: { url: string; init: RequestInit; batch: Message[] }[] = [];
const root = `${import.meta.dirname}/../..`;
let web: Firsthand | null = null;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] });
  sent.length = 0;
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    sent.push({ url, init, batch: JSON.parse(init.body as string).batch });
    return new Response('{"success":true,"rejected":[]}');
  });
});

afterEach(() => {
  web?.consent.withdraw();
  web?.close();
  web = null;
  localStorage.clear();
  Reflect.deleteProperty(window, 'firsthand');
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const options = { writeKey: 'wk', endpoint: 'https://c.example', consentMode: 'opt_out', strict: true } as const;

async function messages(): Promise<Message[]> {
  await vi.advanceTimersByTimeAsync(3_000);
  return sent.flatMap(({ batch }) => batch);
}

describe('on the wire', () => {
  it('a request is CORS-simple, carries no credentials and no address of the page', async () => {
    web = createWeb([]);
    web.init(options);
    web.track('A');
    await messages();
    expect(sent).toHaveLength(1);
    expect(sent[0]?.url).toBe('https://c.example/v1/batch');
    const { signal: _, body: __, ...init } = sent[0]?.init ?? {};
    expect(init).toEqual({
      method: 'POST',
      keepalive: false,
      credentials: 'omit',
      referrerPolicy: 'strict-origin',
    });
  });

  it('context holds only fields that the collector decodes on its fast way', async () => {
    const protocol = readFileSync(`${root}/collector/protocol.py`, 'utf8');
    const fieldsOf = (struct: string) => {
      const [, body = ''] = new RegExp(`class ${struct}\\(_Wire\\):([\\s\\S]*?)\n\n\n`).exec(protocol) ?? [];
      return [...body.matchAll(/^ {4}(\w+):/gm)].map(([, name = '']) =>
        name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()),
      );
    };
    vi.stubGlobal('navigator', {
      ...navigator,
      language: 'en',
      onLine: true,
      globalPrivacyControl: true,
      connection: { effectiveType: '4g' },
    });
    web = createWeb([]);
    web.init({ ...options, queryParams: ['Q'] });
    web.consent.set({ analytics: true });
    document.title = 'Mail ada@x.example now';
    web.track('A');
    const [message] = await messages();
    const context = message?.context as unknown as Record<string, object>;
    expect(Object.keys(context).filter((key) => !fieldsOf('Context').includes(key))).toEqual([]);
    for (const [key, struct] of Object.entries({
      page: 'Page',
      screen: 'Screen',
      viewport: 'Viewport',
      library: 'Library',
      consent: 'Consent',
    })) {
      expect(fieldsOf(struct).length).toBeGreaterThan(0);
      expect(Object.keys(context[key] ?? {}).filter((name) => !fieldsOf(struct).includes(name))).toEqual([]);
    }
    expect(context).toMatchObject({
      page: {
        url: 'https://www.shop.example/start?utm_source=news&q=1',
        path: '/start',
        search: '?utm_source=news&q=1',
        title: 'Mail :redacted now',
      },
      gpc: true,
      network: '4g',
      seq: 0,
      consent: { categoryPreferences: { analytics: true } },
    });
    expect(context).not.toHaveProperty('userAgent');
  });

  it('names the version of the package', () => {
    expect(VERSION).toBe(JSON.parse(readFileSync(`${root}/sdk-js/package.json`, 'utf8')).version);
  });
});

describe('storage', () => {
  it('mirrors the id to a cookie on the widest domain, and takes it from there when storage was cleared', async () => {
    web = createWeb([]);
    web.init(options);
    web.track('A');
    const id = web.getAnonymousId();
    expect(document.cookie).toBe(`fh.wk.id=${id}`);
    localStorage.clear();
    expect(webStorage('fh.wk.id').get('fh.wk.id')).toBe(id);
    expect(webStorage('fh.wk.id').get('fh.wk.session')).toBeNull();
    web.consent.withdraw();
    expect(document.cookie).toBe('');
    expect(Object.keys(localStorage)).toEqual(['fh.wk.consent']);
  });

  it('tells the servers of the site what was granted by name, and nothing any more once it was taken back', async () => {
    web = createWeb([]);
    web.init(options);
    web.use(consentCookie(options, web));
    web.track('A');
    const choice = () => document.cookie.split('; ').filter((cookie) => cookie.startsWith('fh.wk.consent='));
    // allowed because nobody was asked is not granted
    expect(choice()).toEqual([]);
    web.consent.set({ analytics: true, marketing: true, necessary: true, personalization: false, 'no.name': true });
    expect(choice()).toEqual(['fh.wk.consent=analytics.marketing']);
    web.consent.set({ marketing: false });
    expect(choice()).toEqual(['fh.wk.consent=analytics']);
    web.reset();
    expect(choice()).toEqual(['fh.wk.consent=analytics']);
    web.consent.withdraw();
    expect(choice()).toEqual([]);
    web.consent.set({ analytics: false });
    expect(choice()).toEqual([]);
  });

  it('before a choice leaves no trace on the device', async () => {
    const set = vi.spyOn(Storage.prototype, 'setItem');
    web = createWeb([]);
    web.init({ ...options, consentMode: 'opt_in' });
    web.track('A');
    await messages();
    expect(sent).toEqual([]);
    expect(set).not.toHaveBeenCalled();
    expect(document.cookie).toBe('');
  });

  it('works in memory when localStorage and cookies throw, and when the quota is full', async () => {
    const blocked = () => {
      throw new DOMException('blocked', 'SecurityError');
    };
    vi.spyOn(window, 'localStorage', 'get').mockImplementation(blocked);
    vi.spyOn(document, 'cookie', 'get').mockImplementation(blocked);
    vi.spyOn(document, 'cookie', 'set').mockImplementation(blocked);
    web = createWeb([]);
    web.init(options);
    web.track('A');
    web.track('B');
    const [a, b] = await messages();
    expect(a?.anonymousId).toBe(b?.anonymousId);
    expect([a?.context.seq, b?.context.seq]).toEqual([0, 1]);
    vi.restoreAllMocks();
    vi.spyOn(Storage.prototype, 'setItem').mockImplementation(blocked);
    const full = webStorage('id');
    expect(full.set('k', 'v')).toBe(false);
    expect(full.get('k')).toBe('v');
  });

  it('without Web Locks a lease keeps others out until it is given back or has run out', async () => {
    expect(navigator.locks).toBeUndefined();
    const storage = webStorage('id');
    const undo = await storage.claim('q.1');
    expect(await storage.claim('q.1')).toBeNull();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(await storage.claim('q.1')).toBeNull();
    undo?.();
    const again = await storage.claim('q.1');
    expect(again).not.toBeNull();
    again?.();
    localStorage.setItem('q.2~', String(Date.now() + 90_000)); // a tab that was killed just now
    expect(await storage.claim('q.2')).toBeNull();
    vi.advanceTimersByTime(90_000);
    const adopted = await storage.claim('q.2');
    expect(adopted).not.toBeNull();
    adopted?.();
  });
});

describe('the stub and the script tag', () => {
  type Host = Parameters<typeof start>[0] & { firsthand: Firsthand };
  const host = window as unknown as Host;

  function tag(attributes: Record<string, string>): HTMLScriptElement {
    const script = document.createElement('script');
    script.type = 'text/not-run';
    script.src = 'https://c.example/path/sdk.js';
    for (const [name, value] of Object.entries(attributes)) script.setAttribute(name, value);
    return script;
  }

  it('the stub has at most 400 bytes', () => expect(SNIPPET.length).toBeLessThanOrEqual(400));

  it('calls made before the script keep their order and their times', async () => {
    // biome-ignore lint/security/noGlobalEval: the stub is inline script; this is how a page runs it
    window.eval(SNIPPET);
    const times = [new Date().toISOString()];
    host.firsthand.track('A', { n: 1 });
    vi.advanceTimersByTime(7_000);
    times.push(new Date().toISOString());
    host.firsthand.identify('u-1');
    host.firsthand.consent.set({ analytics: true });
    host.firsthand.init({ ...options, consentMode: 'opt_in', plugins: [] });
    vi.advanceTimersByTime(7_000);
    start(host, tag({}), PLUGINS);
    web = host.firsthand;
    const all = await messages();
    expect(all.map(({ type, event }) => event ?? type)).toEqual(['A', 'identify']);
    expect(all.map(({ timestamp }) => timestamp)).toEqual(times);
  });

  it('calls of a page that was left before the script came are kept where storing is agreed, and nowhere else', async () => {
    const leave = () => {
      // biome-ignore lint/security/noGlobalEval: the stub is inline script; this is how a page runs it
      window.eval(SNIPPET);
      host.firsthand.init(options);
      host.firsthand.onError(() => {});
      host.firsthand.track('Early', { n: 1 });
      host.firsthand.consent.onChange(() => {});
      window.dispatchEvent(new Event('pagehide'));
      Reflect.deleteProperty(window, 'firsthand');
    };
    leave();
    expect(Object.keys(localStorage)).toEqual([]);
    const script = tag({ 'data-write-key': 'wk', 'data-autotrack': 'none', 'data-strict': 'true' });
    start(host, script, PLUGINS);
    host.firsthand.consent.set({ analytics: true });
    host.firsthand.close();
    Reflect.deleteProperty(window, 'firsthand');

    const early = new Date().toISOString();
    history.replaceState(null, '', '/left?utm_source=mail&secret=1');
    leave();
    vi.advanceTimersByTime(60_000);
    leave();
    expect(JSON.parse(localStorage.getItem('fh.q') as string)).toHaveLength(8);
    history.replaceState(null, '', '/start');
    vi.advanceTimersByTime(60_000);
    start(host, script, PLUGINS);
    web = host.firsthand;
    web.track('Now');
    const all = await messages();
    expect(all.map(({ event }) => event)).toEqual(['Early', 'Early', 'Now']);
    expect(all[0]).toMatchObject({ timestamp: early, properties: { n: 1 }, context: { page: { path: '/left' } } });
    expect(all[0]?.context.page).not.toHaveProperty('title');
    expect(JSON.stringify(all)).not.toContain('secret');
    expect(all[2]?.context.page?.path).toBe('/start');
    expect(localStorage.getItem('fh.q')).toBe('[]');
    // taken back: nothing is kept any more, and what a page had left is gone
    web.consent.withdraw();
    leave();
    expect(Object.keys(localStorage)).toEqual(['fh.wk.consent']);
  });

  it('what lies there damaged harms nobody', async () => {
    for (const damaged of ['{', '{}', '[null, 1]', '[["track"], ["nothing", []]]']) {
      localStorage.setItem('fh.q', damaged);
      web = createWeb([]);
      web.init({ ...options, strict: false });
      web.track('Fine');
      web.close();
      expect(localStorage.getItem('fh.q')).toBe('[]');
    }
  });

  it('options are attributes; the endpoint is where the script came from', () => {
    expect(optionsOf(tag({ 'data-write-key': 'wk' }))).toMatchObject({
      writeKey: 'wk',
      endpoint: 'https://c.example',
    });
    expect(
      optionsOf(
        tag({
          'data-write-key': 'wk',
          'data-endpoint': '/proxy',
          'data-consent-mode': 'opt_out',
          'data-query-params': 'q, page',
          'data-debug': '',
          'data-cookieless': 'false',
          'data-flush-at': '50',
        }),
      ),
    ).toEqual({
      ...{ writeKey: 'wk', endpoint: '/proxy', consentMode: 'opt_out', queryParams: 'q, page' },
      ...{ debug: true, cookieless: false, flushAt: 50 },
    });
    expect(optionsOf(tag({}))).toBeNull();
  });

  it('a second load joins the first', async () => {
    const script = tag({ 'data-write-key': 'wk', 'data-consent-mode': 'opt_out' });
    start(host, script, PLUGINS);
    web = host.firsthand;
    start(host, script, PLUGINS);
    expect(host.firsthand).toBe(web);
    const all = await messages();
    expect(all.filter(({ type }) => type === 'page')).toHaveLength(1);
  });

  it('a page that is prerendered starts when it is shown, and what was called meanwhile happens then', async () => {
    Object.defineProperty(document, 'prerendering', { value: true, configurable: true });
    start(host, tag({ 'data-write-key': 'wk', 'data-consent-mode': 'opt_out' }), PLUGINS);
    web = host.firsthand;
    web.track('A');
    expect(await messages()).toEqual([]);
    expect([web.getAnonymousId(), localStorage.length]).toEqual([null, 0]);
    Reflect.deleteProperty(document, 'prerendering');
    const shown = Date.now();
    document.dispatchEvent(new Event('prerenderingchange'));
    const all = await messages();
    expect(all.map(({ type, event }) => event ?? type).sort()).toEqual(['A', 'page']);
    expect(all.map(({ timestamp }) => Date.parse(timestamp))).toEqual([shown, shown]);
  });

  it('calls before init wait in a module too, and a wrong init says so and does no harm', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    web = createWeb([]);
    web.track('A');
    web.init({ writeKey: '' } as never);
    expect(warn).toHaveBeenCalledOnce();
    expect(web.getAnonymousId()).toBeNull();
    expect(await web.flush()).toEqual({ sent: 0, pending: 1, dropped: 0 });
    vi.advanceTimersByTime(9_000);
    web.init(options);
    web.init({ ...options, writeKey: 'other' });
    const [a] = await messages();
    expect(Date.parse(a?.timestamp ?? '')).toBe(Date.now() - 12_000);
    expect(sent).toHaveLength(1);
  });

  it('where an init does not come, or fails, a thousand calls wait and no more; a no is heard all the same', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    web = createWeb([]);
    for (let n = 0; n < 1_500; n++) web.track('A', { n });
    web.init({ writeKey: 'wk' } as never);
    for (let n = 0; n < 1_500; n++) web.track('B', { n });
    expect(await web.flush()).toMatchObject({ pending: 1_000 });
    web.consent.set({ marketing: false });
    web.optOut();
    expect(await web.flush()).toMatchObject({ pending: 1_002 });
    web.init(options);
    expect(web.stats()).toMatchObject({ captured: 3_000, pending: 0, dropped: 3_000 });
    expect(web.consent.get().decisions).toMatchObject({ analytics: 'deny', marketing: 'deny' });
  });
});
