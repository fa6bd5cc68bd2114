// @vitest-environment jsdom
// @vitest-environment-options { "url": "https://www.shop.example/" }
/** When the collector is asked for the id cookie, and when not. */

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createWeb, type Firsthand, type InitOptions } from '../src/browser/web.js';
import { idCookie } from '../src/plugins/id_cookie.js';

const asked: { url: string; init: RequestInit }[] = [];
let web: Firsthand;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  asked.length = 0;
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    if (url.endsWith('/v1/id')) asked.push({ url, init });
    return new Response('{"success":true,"rejected":[]}');
  });
});

afterEach(() => {
  web.consent.withdraw();
  web.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  localStorage.clear();
});

function begin(more: Partial<InitOptions> = {}): void {
  web = createWeb([]);
  const options = { writeKey: 'wk', endpoint: 'https://events.shop.example/', strict: true, ...more };
  web.init(options);
  web.use(idCookie(options, web));
}
const wait = () => vi.advanceTimersByTimeAsync(2_000);

it('asks once, after a yes that was said, for the domain of the cookie that the SDK wrote', async () => {
  begin();
  web.track('A');
  await wait();
  expect(asked).toEqual([]);
  web.consent.set({ analytics: true });
  await wait();
  web.consent.set({ marketing: true });
  await wait();
  expect(asked).toHaveLength(1);
  expect(asked[0]?.url).toBe('https://events.shop.example/v1/id');
  expect(asked[0]?.init).toMatchObject({ mode: 'no-cors', credentials: 'include' });
  expect(JSON.parse(asked[0]?.init.body as string)).toEqual({
    writeKey: 'wk',
    anonymousId: web.getAnonymousId(),
    domain: 'shop.example',
    consent: { categoryPreferences: { analytics: true } },
  });
  expect(document.cookie).not.toContain('probe');
});

it('does not ask where nobody was asked, nothing may be kept, or it was refused', async () => {
  for (const more of [{ consentMode: 'opt_out' }, { cookieless: true }] as const) {
    begin(more);
    web.track('A');
    if ('cookieless' in more) web.consent.set({ analytics: true });
    await wait();
    web.close();
  }
  // a yes that is too old, where the rule allows without one
  localStorage.setItem('fh.wk.consent', JSON.stringify([{ analytics: [true, Date.now() - 181 * 86_400_000] }]));
  begin({ consentMode: 'opt_out' });
  web.track('A');
  expect(web.getAnonymousId()).not.toBeNull();
  await wait();
  web.close();
  localStorage.clear();
  begin();
  web.consent.set({ analytics: true });
  web.track('A');
  web.consent.withdraw();
  await wait();
  expect(asked).toEqual([]);
});

it('asks for nothing once it is undone', async () => {
  web = createWeb([]);
  const options = { writeKey: 'wk', endpoint: 'https://events.shop.example', strict: true };
  web.init(options);
  const undo = web.use(idCookie(options, web));
  web.consent.set({ analytics: true });
  web.track('A');
  undo();
  await wait();
  expect(asked).toEqual([]);
});
