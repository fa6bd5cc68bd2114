// @vitest-environment jsdom
// @vitest-environment-options { "url": "https://www.shop.example/start" }
/** How long the cookie for the site's own servers says a grant, and when it says none. */

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createWeb } from '../src/browser/web.js';
import type { Answer } from '../src/core/gate.js';
import type { PurposeRule } from '../src/core/protocol.js';
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
  let ttlDays: number | undefined;
  const gate = {
    preferences: () => ({ analytics: true }),
    answers: () => ({ analytics: [true, at] as Answer }),
    judge: () => 'allow' as const,
    policy: () => ({ mode: 'opt_in', purposes: ttlDays ? [{ id: 'analytics', ttlDays } as PurposeRule] : [] }),
  };
  const ends = (after: number) => new Date(at + after * 86_400_000).toUTCString();
  const tell = consentTeller('fh.wk.consent', gate);
  const publish = (days?: number, run = tell) => {
    ttlDays = days;
    run();
  };
  publish();
  expect(set.mock.lastCall?.[0]).toContain(ends(395));
  publish(180);
  expect(set.mock.lastCall?.[0]).toContain(ends(180));
  const writes = set.mock.calls.length;
  publish(180);
  publish(undefined, consentTeller('fh.wk.consent', gate)); // the next page, before its policy is there
  expect(set.mock.calls).toHaveLength(writes);
  vi.advanceTimersByTime(181 * 86_400_000);
  publish(180);
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
