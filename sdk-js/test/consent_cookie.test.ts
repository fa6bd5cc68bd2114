// @vitest-environment jsdom
// @vitest-environment-options { "url": "https://www.shop.example/start" }
/** How long the cookie for the site's own servers says a grant, and when it says none. */

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { webGet } from '../src/browser/http.js';
import { createWeb } from '../src/browser/web.js';
import type { Answer } from '../src/core/gate.js';
import { remote } from '../src/core/remote.js';
import { consentCookie, consentTeller } from '../src/plugins/consent_cookie.js';

const options = { writeKey: 'wk', endpoint: 'https://c.example', consentMode: 'opt_out', strict: true } as const;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] });
  vi.stubGlobal('fetch', async () => new Response('{"success":true,"rejected":[]}'));
});

afterEach(() => {
  localStorage.clear();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it('says a grant no longer than it holds, and none under a signal or without cookies', async () => {
  const set = vi.spyOn(document, 'cookie', 'set');
  const at = Date.now();
  let days: number | undefined;
  const gate = {
    preferences: () => ({ analytics: true }),
    answers: () => ({ analytics: [true, at, 'pu1_a', days] as Answer }),
    judge: () => 'allow' as const,
  };
  const ends = (after: number) => new Date(at + after * 86_400_000).toUTCString();
  const tell = consentTeller('fh.wk.consent', gate);
  const publish = (until?: number) => {
    days = until;
    tell();
  };
  publish();
  expect(set.mock.lastCall?.[0]).toContain(ends(180));
  publish(30);
  expect(set.mock.lastCall?.[0]).toContain(ends(30));
  const writes = set.mock.calls.length;
  publish(30);
  consentTeller('fh.wk.consent', gate)(); // the next page
  expect(set.mock.calls).toHaveLength(writes);
  vi.advanceTimersByTime(31 * 86_400_000);
  publish(30);
  expect(document.cookie).toBe('');
  let web = createWeb([]);
  web.init({ ...options, cookieless: true });
  web.use(consentCookie({ ...options, cookieless: true }, web));
  web.consent.set({ analytics: true });
  expect(document.cookie).toBe('');
  web.close();
  vi.stubGlobal('navigator', { ...navigator, onLine: true, globalPrivacyControl: true });
  web = createWeb([]);
  web.init(options);
  const off = web.use(consentCookie(options, web));
  web.consent.set({ analytics: true, marketing: true });
  expect(document.cookie).toContain('fh.wk.consent=analytics');
  expect(document.cookie).not.toContain('marketing');
  // what nobody keeps any more is gone with the next choice
  off();
  web.consent.set({ marketing: false });
  expect(document.cookie).not.toContain('fh.wk.consent');
});

it('stays when the policy arrives and when the receipt of the choice comes back, and goes with another choice', async () => {
  const rule = { id: 'analytics', version: 'pu1_a', kind: 'general', required: false, mode: 'opt_in', ttlDays: 180 };
  const consent = {
    ...{ mode: 'opt_in', policyVersion: 'po1_a', notice: { hash: 'no1_a' } },
    purposes: [{ ...rule, default: 'pending', pending: 'queue', gpc: 'ignore' }],
  };
  const answers = {
    settings: { consent },
    receipts: { receipt: { id: 'r-1' }, token: 't-1', state: { policyVersion: 'po1_a' } },
  };
  vi.stubGlobal('fetch', async (url: string) => {
    const found = Object.entries(answers).find(([end]) => url.includes(`/${end}`));
    return new Response(JSON.stringify(found ? found[1] : { success: true, rejected: [] }));
  });
  const remembered = () => JSON.parse(localStorage.getItem('fh.wk.consent') as string);
  const page = async (withCookie: boolean) => {
    const web = createWeb([], () => remote(webGet));
    web.init({ ...options, consentMode: 'opt_in' });
    if (withCookie) web.use(consentCookie(options, web));
    await vi.waitFor(() => expect(web.consent.get()?.policy.policyVersion).toBe('po1_a'));
    return web;
  };
  const first = await page(true);
  first.consent.set({ analytics: true });
  await vi.waitFor(() => expect(remembered()[3]).toMatchObject({ token: 't-1' }));
  expect(document.cookie).toContain('fh.wk.consent=analytics');
  first.close();
  // a page that keeps none leaves it, as long as nothing else is said
  const later = await page(false);
  expect(document.cookie).toContain('fh.wk.consent=analytics');
  later.consent.set({ analytics: false });
  expect(document.cookie).not.toContain('fh.wk.consent');
  later.close();
});
