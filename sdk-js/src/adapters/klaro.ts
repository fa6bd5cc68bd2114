/**
 * Klaro 0.7. Keys are the purposes of its services: a key is granted when every service that has it is. The manager's
 * `consents` move while the person is still playing with the switches; what counts is `savedConsents`, once they are
 * `confirmed`. A service that was added since makes them unconfirmed, as Klaro itself sees it.
 */

import type { Undo } from '../core/ports.js';
import { type AdapterOptions, answersOf, connect, type Mapping } from './bridge.js';

interface Manager {
  confirmed: boolean;
  savedConsents: Record<string, unknown>;
  config: { services: { name: string; purposes?: string[] }[] };
  watch(watcher: Watcher): void;
  unwatch(watcher: Watcher): void;
}

interface Watcher {
  update(manager: Manager, event: string): void;
}

interface Klaro {
  getManager(): Manager;
}

export interface KlaroOptions extends AdapterOptions {
  /** The manager itself, where Klaro is imported; else `window.klaro`'s for `window.klaroConfig`. */
  manager?: Manager;
}

export const KLARO_PURPOSES: Mapping = {
  analytics: 'analytics',
  personalization: 'personalization',
  marketing: 'marketing',
};

function present(): Manager | undefined {
  const { klaro, klaroConfig } = globalThis as { klaro?: Klaro; klaroConfig?: unknown };
  return klaro && klaroConfig ? klaro.getManager() : undefined;
}

export function klaro({ sdk, map = KLARO_PURPOSES, manager }: KlaroOptions = {}): Undo {
  return connect<Manager>(sdk, {
    words: 'klaro',
    map,
    find: () => manager || present(),
    subscribe(found, changed) {
      // `consents` is said for each moved switch, and also by a reset
      const watcher = { update: () => changed() };
      found.watch(watcher);
      return () => found.unwatch(watcher);
    },
    answers: ({ confirmed, savedConsents, config }) =>
      answersOf(map, (key) => {
        // what an unconfirmed manager holds are its defaults
        if (!confirmed) return undefined;
        const services = config.services.filter(({ purposes = [] }) => purposes.includes(key));
        return services.length > 0 && services.every(({ name }) => savedConsents[name] === true);
      }),
  });
}
