// @vitest-environment jsdom
// @vitest-environment-options { "url": "https://www.shop.example/" }
/** What is off by default: gzip, sessions by day and campaign, client hints, links across domains, scrubbing on the device. */

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { start } from '../src/browser/script.js';
import { createWeb, type Firsthand, type InitOptions } from '../src/browser/web.js';
import { line, MEANING } from '../src/extras/debug.js';
import { scanText } from '../src/pii/scan.js';
import { clientHints, contextOf } from '../src/plugins/client_hints.js';
import { compress, gzip } from '../src/plugins/compress.js';
import { decorate, linker, within } from '../src/plugins/linker.js';
import { scrub, scrubbing } from '../src/plugins/scrub.js';
import { renewal, sessions } from '../src/plugins/sessions.js';

type Sent = { event?: string; properties?: Record<string, unknown>; context: Record<string, unknown> };

const options = { endpoint: 'https://c.example', writeKey: 'wk', strict: true, remote: false } as const;
const asked: { url: string; init: RequestInit }[] = [];
let web: Firsthand;

beforeEach(() => {
  asked.length = 0;
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    asked.push({ url, init });
    const token = url.endsWith('/handoff') && { token: `h1.${asked.length}` };
    return new Response(JSON.stringify(token || { success: true, rejected: [] }));
  });
  web = createWeb([]);
});

afterEach(() => {
  web.consent.withdraw();
  web.close();
  localStorage.clear();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

function batches(): { url: string; batch: Sent[] }[] {
  return asked
    .filter(({ url }) => url.includes('/batch'))
    .map(({ url, init: { body } }) => {
      const text = typeof body === 'string' ? body : gunzipSync(new Uint8Array(body as ArrayBuffer)).toString();
      return { url, ...JSON.parse(text) };
    });
}
const sent = () => batches().flatMap(({ batch }) => batch);

describe('gzip', () => {
  it('a batch that is worth it goes smaller, is said to by the address, and needs no preflight', async () => {
    web.init({ ...options, consentMode: 'opt_out', encode: gzip });
    for (let i = 0; i < 10; i++) web.track('A', { text: '绿茶 and so on, and so on' });
    await web.flush();
    expect(batches().map(({ url }) => url)).toEqual(['https://c.example/v1/batch?encoding=gzip']);
    expect(sent()).toHaveLength(10);
    const [{ init }] = asked as unknown as [{ init: { body: ArrayBuffer; headers?: unknown } }];
    const { body, headers } = init;
    expect(headers).toBeUndefined();
    expect(body.byteLength).toBeLessThan(1_500);
  });

  it('what is small, cannot be compressed or must outlive its page goes as it is', async () => {
    expect(await gzip('/b?x=1', '{}')).toEqual(['/b?x=1', '{}']);
    expect((await gzip('/b?x=1', 'a'.repeat(600)))[0]).toBe('/b?x=1&encoding=gzip');
    vi.stubGlobal('CompressionStream', undefined);
    expect(await gzip('/b', 'a'.repeat(600))).toEqual(['/b', 'a'.repeat(600)]);
    vi.unstubAllGlobals();
    vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
      asked.push({ url, init });
      return new Response('{"rejected":[]}');
    });
    const late: Partial<InitOptions> = { ...options, consentMode: 'opt_out' };
    web.init(late as InitOptions);
    web.use(compress(late)); // as the script tag does: after init
    web.track('Last', { text: 'x'.repeat(1_000) });
    dispatchEvent(new Event('pagehide'));
    expect(asked.map(({ init: { body, keepalive } }) => [typeof body, keepalive])).toEqual([['string', true]]);
  });
});

describe('the debug panel', () => {
  it('says what a code means, and the docs list what a page can be told', () => {
    expect(line([{ reason: 'stopped', message: '401' }])).toMatch(/^! stopped 401 \(.*origins\)$/);
    const table = readFileSync(`${import.meta.dirname}/../../docs/web.md`, 'utf8');
    const listed = [...table.matchAll(/^\| `(\w+)` \| /gm)].map(([, code]) => code);
    // what is only counted is told to nobody
    const silent = ['no_consent', 'overflow', 'before_send'];
    expect(Object.keys(MEANING).filter((code) => !silent.includes(code) && !listed.includes(code))).toEqual([]);
  });
});

describe('sessions', () => {
  it('midnight and another campaign begin a new one, numbers begin again, and the page goes on', async () => {
    vi.useFakeTimers({ now: new Date(2026, 0, 2, 23, 59, 50), toFake: ['Date'] });
    const chosen: Partial<InitOptions> = { ...options, consentMode: 'opt_out', newSession: 'midnight campaign' };
    sessions(chosen);
    web.init(chosen as InitOptions);
    web.page();
    web.track('Before');
    vi.setSystemTime(new Date(2026, 0, 3, 0, 0, 1));
    web.track('After');
    history.replaceState(null, '', '/?utm_source=news');
    web.track('Not yet');
    web.page();
    web.track('Landed');
    history.replaceState(null, '', '/');
    web.page();
    await web.flush();
    const of = sent().map(({ context }) => context.sessionId);
    expect([...new Set(of)].map((id) => of.filter((one) => one === id).length)).toEqual([2, 2, 3]);
    expect(sent().map(({ context }) => context.seq)).toEqual([0, 1, 0, 1, 0, 1, 2]);
    expect(JSON.parse(localStorage.getItem('fh.wk.session') as string)[5]).toBe('2026-1-3|utm_source=news');
  });

  it('without it neither does', async () => {
    vi.useFakeTimers({ now: new Date(2026, 0, 2, 23, 59, 50), toFake: ['Date'] });
    web.init({ ...options, consentMode: 'opt_out' });
    web.page();
    vi.setSystemTime(new Date(2026, 0, 3, 0, 0, 1));
    history.replaceState(null, '', '/?utm_source=other');
    web.page();
    await web.flush();
    expect(sent().map(({ context }) => context.seq)).toEqual([0, 1]);
    expect(renewal([])(0, 'page', {}, undefined)).toBe('|');
  });
});

describe('client hints', () => {
  const hints = { platform: 'Windows', platformVersion: '15.0.0', model: '', architecture: 'x86', bitness: '64' };
  let reads = 0;
  beforeEach(() => {
    reads = 0;
    const getHighEntropyValues = async () => {
      reads++;
      return hints;
    };
    Object.defineProperty(navigator, 'userAgentData', { value: { getHighEntropyValues }, configurable: true });
  });

  it('are asked for after a yes, once, and said from then on; a withdrawal ends it', async () => {
    const mine: InitOptions = { ...options, context: { app: { name: 'shop' } } };
    web.init(mine);
    web.use(clientHints(mine, web));
    expect(reads).toBe(0);
    web.consent.set({ marketing: true });
    expect(reads).toBe(0);
    web.consent.set({ analytics: true });
    await vi.waitFor(() => expect(mine.context?.os).toEqual({ name: 'Windows', version: '11' }));
    web.track('A');
    await web.flush();
    const said = { app: { name: 'shop' }, userAgentData: { architecture: 'x86', bitness: '64' } };
    expect(sent()[0]?.context).toMatchObject({ ...said, os: { name: 'Windows', version: '11' } });
    web.consent.set({ analytics: false });
    expect(mine.context).toEqual({ app: { name: 'shop' } });
    web.consent.set({ analytics: true });
    expect(mine.context?.os?.version).toBe('11');
    expect(reads).toBe(1);
  });

  it('are not read where a rule needs no consent because it keeps nothing, nor for a yes that is too old', () => {
    localStorage.setItem('fh.wk.consent', JSON.stringify([{ analytics: [true, Date.now() - 181 * 86_400_000] }]));
    const mine: InitOptions = { ...options, consentMode: 'exempt' };
    web.init(mine);
    web.use(clientHints(mine, web));
    web.track('A');
    expect(web.consent.get().decisions.analytics).toBe('allow');
    expect(reads).toBe(0);
    web.consent.set({ analytics: true });
    expect(reads).toBe(1);
  });

  it('are read as each system means them', () => {
    const android = { platform: 'Android', platformVersion: '16.0.0', model: 'Pixel 9', architecture: '', bitness: '' };
    expect(contextOf(android)).toEqual({ os: { name: 'Android', version: '16.0.0' }, device: { model: 'Pixel 9' } });
    expect(contextOf({ ...hints, platformVersion: '10.0.0' }).os?.version).toBe('10');
    expect(contextOf({ ...hints, platformVersion: '0.3.0' }).os).toBeUndefined();
    expect(contextOf({ platform: 'Linux' })).toEqual({});
  });
});

describe('linker', () => {
  const domains = { ...options, linkDomains: 'other.example' };
  const tokens = () => asked.filter(({ url }) => url.endsWith('/v1/wechat/handoff'));
  const link = () => document.querySelector('a') as HTMLAnchorElement;
  const near = (type = 'pointerover') => link().dispatchEvent(new Event(type, { bubbles: true, composed: true }));
  /** Where the link led at the moment of the click. */
  function click(): string {
    let led = '';
    const look = () => {
      led = link().href;
    };
    // the last listener of all, as the browser is
    addEventListener('click', look);
    link().dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true, composed: true }));
    removeEventListener('click', look);
    return led;
  }

  beforeEach(() => {
    document.body.innerHTML = '<a href="https://www.other.example/a?x=1#top">Other</a>';
  });

  it('a link to another domain carries a token while it is followed, once', async () => {
    web.init(domains);
    web.use(linker(domains, web));
    web.consent.set({ analytics: true });
    web.track('A');
    near();
    await vi.waitFor(() => expect(tokens()).toHaveLength(1));
    await new Promise((done) => setTimeout(done));
    expect(JSON.parse(tokens()[0]?.init.body as string)).toEqual({
      writeKey: 'wk',
      anonymousId: web.getAnonymousId(),
      consent: { categoryPreferences: { analytics: true } },
    });
    expect(click()).toMatch(/^https:\/\/www\.other\.example\/a\?x=1&fh_handoff=h1\.\d+#top$/);
    await new Promise((done) => setTimeout(done));
    expect(link().getAttribute('href')).toBe('https://www.other.example/a?x=1#top');
    expect(click()).not.toContain('fh_handoff');
  });

  it('no token before a yes, for another host, for who has become somebody else, or inside what is ignored', async () => {
    web.init(domains);
    web.use(linker(domains, web));
    near();
    web.consent.set({ analytics: true });
    web.track('A');
    link().href = 'https://evil-other.example/';
    near();
    link().href = 'https://www.shop.example/b';
    near();
    link().href = 'https://other.example/';
    link().setAttribute('data-firsthand-ignore', '');
    near();
    expect(tokens()).toEqual([]);
    link().removeAttribute('data-firsthand-ignore');
    near('focusin');
    await vi.waitFor(() => expect(tokens()).toHaveLength(1));
    await new Promise((done) => setTimeout(done));
    web.reset();
    web.track('B');
    expect(click()).not.toContain('fh_handoff');
    near();
    web.consent.withdraw();
    expect(click()).not.toContain('fh_handoff');
  });

  it('hosts and addresses', () => {
    expect(within('a.other.example', ['other.example'])).toBe(true);
    expect(within('another.example', ['other.example'])).toBe(false);
    expect(within('other.example', [''])).toBe(false);
    expect(decorate('https://o.example/', 't')).toBe('https://o.example/?fh_handoff=t');
    expect(decorate('https://o.example/?a#b#c', 't')).toBe('https://o.example/?a&fh_handoff=t#b#c');
  });
});

describe('scrub', () => {
  it('nothing personal leaves, whoever put it there', async () => {
    document.title = 'Inbox of Ada, password: hunter2';
    const beforeSend: InitOptions['beforeSend'] = (message) => ({
      ...message,
      properties: { ...message.properties, added: 'write to ada@example.com' },
    });
    const mine: Partial<InitOptions> = { ...options, consentMode: 'opt_out', beforeSend };
    scrubbing(mine);
    web.init(mine as InitOptions);
    web.track('A', { note: 'call +86 138 0013 8000', email: 'ada@example.com', when: new Date(0), n: 1 });
    web.identify('u1', { name: 'Ada', plan: 'pro' });
    await web.flush();
    const [first, second] = sent() as [Sent, Sent & { traits: object; userId: string }];
    expect(first.properties).toEqual({
      note: 'call :redacted',
      when: '1970-01-01T00:00:00.000Z',
      n: 1,
      added: 'write to :redacted',
    });
    expect((first.context.page as { title: string }).title).toBe('Inbox of Ada, password: :redacted');
    expect([second.traits, second.userId]).toEqual([{ plan: 'pro' }, 'u1']);
  });

  it('a veto of the site stays one, and what cannot be read is dropped, counted', () => {
    const mine: Partial<InitOptions> = { ...options, strict: false, consentMode: 'opt_out', beforeSend: () => null };
    scrubbing(mine);
    expect(mine.beforeSend?.({} as never)).toBeNull();
    web.init({ ...options, strict: false, consentMode: 'opt_out', beforeSend: scrub });
    const cycle: Record<string, unknown> = {};
    cycle.self = {
      get boom(): never {
        throw new Error('boom');
      },
    };
    web.track('Getter', cycle);
    expect(web.stats().droppedBy).toEqual({ before_send: 1 });
  });

  it('what came out goes in again unchanged: taking one value out may show another', () => {
    const parts = [
      'ada@x.example',
      '+86 ',
      '13800138000',
      ' ',
      'call ',
      '%40',
      '@',
      '.',
      '4111 1111 1111 1111',
      'a',
      '-',
    ];
    const some = fc.array(fc.constantFrom(...parts, ':redacted', 'eyJhbGci.eyJzdWIi', '+49 30 901820', '1'), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(some, (chosen) => {
        const once = scanText(chosen.join(''));
        expect(scanText(once)).toBe(once);
      }),
      { numRuns: 500 },
    );
  });

  it('deep, long and endless things end', () => {
    const message = { type: 'track', messageId: 'm', timestamp: '', context: { library: { name: '', version: '' } } };
    const cycle: Record<string, unknown> = {
      text: 'x'.repeat(40_000),
      at: '@'.repeat(30_000),
      token: 'eyJ'.repeat(10_000),
    };
    cycle.self = cycle;
    const began = performance.now();
    const { properties, event } = scrub({
      ...message,
      type: 'track',
      event: 'Mail to ada@x.example',
      properties: cycle,
    });
    expect(event).toBe('Mail to :redacted');
    expect(properties?.text).toBe(':redacted');
    expect(JSON.stringify(properties)).toContain('":redacted"');
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});

describe('needs', () => {
  it('nothing is recorded before a part that must be there, and nothing at all without it', async () => {
    const script = document.createElement('script');
    script.src = 'https://c.example/sdk.js';
    Object.assign(script.dataset, { writeKey: 'wk', needs: 'missing', consentMode: 'opt_out', remote: 'false' });
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const host: { firsthand?: Firsthand } = {};
    start(host as never, script, []);
    host.firsthand?.track('A');
    await vi.waitFor(() => expect(String(warn.mock.calls[0])).toContain('https:'));
    await host.firsthand?.flush();
    expect(asked).toEqual([]);
    expect(localStorage.length).toBe(0);
  });
});
