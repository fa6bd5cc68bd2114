// @vitest-environment jsdom
// @vitest-environment-options { "url": "https://www.shop.example/h5?sku=A1&fh_handoff=h1.abc.17.def&x=1#top" }
/** A page in a mini-program's web-view goes on under the mini-program's anonymous id. */

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createWeb, type Firsthand } from '../src/browser/web.js';
import { handoff } from '../src/plugins/handoff.js';

const ID = '0197b3c0-0000-7000-8000-000000000001';
const where = { endpoint: 'https://c.example/', writeKey: 'wk' };
const options = { ...where, endpoint: 'https://c.example', strict: true } as const;
const asked: { url: string; body: Record<string, unknown> }[] = [];
let status = 200;
let web: Firsthand;

beforeEach(() => {
  asked.length = 0;
  status = 200;
  history.replaceState({ mine: 1 }, '', '/h5?sku=A1&fh_handoff=h1.abc.17.def&x=1#top');
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    asked.push({ url, body: JSON.parse(init.body as string) });
    const answer = url.endsWith('/redeem') ? { anonymousId: ID } : { success: true, rejected: [] };
    return new Response(JSON.stringify(answer), { status: url.endsWith('/redeem') ? status : 200 });
  });
  web = createWeb([]);
});

afterEach(() => {
  web.consent.withdraw();
  web.close();
  localStorage.clear();
  vi.unstubAllGlobals();
});

const redeemed = () => asked.filter(({ url }) => url.endsWith('/redeem'));

it('the token leaves the address at once, and nothing else does', async () => {
  void handoff(web, where);
  expect(location.href).toBe('https://www.shop.example/h5?sku=A1&x=1#top');
  expect(history.state).toEqual({ mine: 1 });
  history.replaceState(null, '', '/h5?fh_handoff=h1.abc.17.def');
  void handoff(web, where);
  expect(location.href).toBe('https://www.shop.example/h5');
  expect(await handoff(web, where)).toBe(false);
});

it('after consent the id is taken over, kept and stamped', async () => {
  const done = handoff(web, where);
  web.init(options);
  expect(asked).toEqual([]);
  web.consent.set({ analytics: true });
  expect(await done).toBe(true);
  expect(redeemed()[0]).toEqual({
    url: 'https://c.example/v1/wechat/redeem',
    body: { writeKey: 'wk', token: 'h1.abc.17.def', consent: { categoryPreferences: { analytics: true } } },
  });
  web.track('A');
  await web.flush();
  const batch = asked.find(({ url }) => url.endsWith('/batch'))?.body.batch as { anonymousId: string }[];
  expect(batch.map(({ anonymousId }) => anonymousId)).toEqual([ID]);
  expect(Object.values(localStorage)).toContain(ID);
});

it('with consent from the start it is asked for at once', async () => {
  web.init({ ...options, consentMode: 'opt_out' });
  expect(await handoff(web, where)).toBe(true);
  expect(web.getAnonymousId()).toBe(ID);
});

it('after a no, and for a token that is void, the page keeps to itself', async () => {
  void handoff(web, where);
  web.init(options);
  web.consent.set({ analytics: false });
  expect(asked).toEqual([]);
  status = 410;
  history.replaceState(null, '', '/h5?fh_handoff=h1.abc.17.def');
  const done = handoff(web, where);
  web.consent.set({ analytics: true });
  expect(await done).toBe(false);
  expect(web.getAnonymousId()).not.toBe(ID);
});
