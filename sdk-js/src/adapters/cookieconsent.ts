/**
 * vanilla-cookieconsent 3. Keys are the site's categories. Its events are dispatched on `window`: `cc:onConsent` at
 * each page with a valid choice, `cc:onChange` after a change; a reset has no event and shows with the next page.
 */

import { listen } from '../browser/listen.js';
import type { Undo } from '../core/ports.js';
import { type AdapterOptions, answersOf, connect, type Mapping } from './bridge.js';

interface CookieConsent {
  getConfig(name: 'categories'): object | undefined;
  validConsent(): boolean;
  getUserPreferences(): { acceptedCategories: string[]; rejectedCategories: string[] };
}

export interface CookieConsentOptions extends AdapterOptions {
  /** The imported module, if it is not `window.CookieConsent`. */
  cookieConsent?: CookieConsent;
}

export const COOKIECONSENT_CATEGORIES: Mapping = {
  analytics: 'analytics',
  personalization: 'functionality',
  marketing: 'marketing',
};

export function cookieconsent({ sdk, map = COOKIECONSENT_CATEGORIES, cookieConsent }: CookieConsentOptions = {}): Undo {
  return connect<CookieConsent>(sdk, {
    words: 'cookieconsent',
    map,
    find() {
      const found = cookieConsent || (globalThis as { CookieConsent?: CookieConsent }).CookieConsent;
      // before `run` it knows no choice either, which is not to say that there is none
      return found?.getConfig('categories') && found;
    },
    subscribe(_, changed) {
      const offs = ['cc:onConsent', 'cc:onChange'].map((name) => listen(window, name, changed));
      return () => offs.map((off) => off());
    },
    answers({ validConsent, getUserPreferences }) {
      const { acceptedCategories, rejectedCategories } = getUserPreferences();
      return answersOf(map, (key) => {
        if (!validConsent()) return undefined;
        // a category that the platform does not have is in neither list
        return acceptedCategories.includes(key) && !rejectedCategories.includes(key);
      });
    },
  });
}
