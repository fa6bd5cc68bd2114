/**
 * c15t 2. Keys are its categories: `functionality`, `experience`, `measurement`, `marketing`. The store is read where
 * the person has chosen, which has a subject; what it grants by itself where it sees an opt-out jurisdiction, or is
 * switched off (`enabled: false`, which `hasConsented` takes for a choice), is none, and the SDK's own policy decides there.
 */

import type { Undo } from '../core/ports.js';
import { type AdapterOptions, answersOf, connect, type Mapping } from './bridge.js';

interface Store {
  getState(): { consents: Record<string, unknown>; consentInfo: { subjectId?: string } | null };
  subscribe(listener: Undo): Undo;
}

export interface C15tOptions extends AdapterOptions {
  /** `consentStore` of `getOrCreateConsentRuntime`, if it is not `window.c15tStore`. */
  store?: Store;
}

export const C15T_CATEGORIES: Mapping = {
  analytics: 'measurement',
  personalization: 'experience',
  marketing: 'marketing',
};

export function c15t({ sdk, map = C15T_CATEGORIES, store }: C15tOptions = {}): Undo {
  return connect<Store>(sdk, {
    words: 'c15t',
    map,
    find: () => store || (globalThis as { c15tStore?: Store }).c15tStore,
    subscribe: (found, changed) => found.subscribe(changed),
    answers(found) {
      const { consents, consentInfo } = found.getState();
      return answersOf(map, (key) => (consentInfo?.subjectId ? consents[key] === true : undefined));
    },
  });
}
