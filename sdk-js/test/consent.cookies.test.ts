// @vitest-environment jsdom
// @vitest-environment-options { "url": "https://a.b.shop.example/" }
/** A withdrawal takes the id off every level of the domain it may ever have been put on, and leaves what is not ours. */

import fc from 'fast-check';
import { afterEach, expect, it } from 'vitest';
import { createWeb } from '../src/browser/web.js';

const LEVELS = ['; Domain=shop.example', '; Domain=b.shop.example', '; Domain=a.b.shop.example', ''];
const ID = '0197b3c0-0000-7000-8000-000000000001';

const put = (name: string, value: string, level: string) => {
  // biome-ignore lint/suspicious/noDocumentCookie: the way the SDK has
  document.cookie = `${name}=${value}; Path=/; SameSite=Lax; Secure${level}`;
};
const names = () => document.cookie.split('; ').map((pair) => pair.split('=')[0]);

afterEach(() => localStorage.clear());

it('on any set of levels, whoever put it there', () => {
  fc.assert(
    fc.property(fc.subarray(LEVELS), fc.boolean(), fc.boolean(), (levels, tracked, optedIn) => {
      put('theirs', '1', '');
      for (const level of levels) put('fh.wk.id', ID, level);
      const web = createWeb([]);
      web.init({ writeKey: 'wk', endpoint: 'https://c.example', strict: true, remote: false, consentMode: 'opt_in' });
      if (optedIn) web.consent.set({ analytics: true });
      if (tracked) web.track('A');
      web.consent.withdraw();
      expect(names()).not.toContain('fh.wk.id');
      expect(names()).toContain('theirs');
      expect(Object.keys(localStorage)).toEqual(['fh.wk.consent']);
      expect(web.getAnonymousId()).toBeNull();
      web.close();
      localStorage.clear();
    }),
    { numRuns: 40 },
  );
});
