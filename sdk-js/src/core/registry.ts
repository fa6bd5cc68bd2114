/** Properties that every event carries once they are registered, and stopwatches for events that take time. */

import { parse } from './json.js';
import type { Storage } from './ports.js';
import type { Call, Properties } from './protocol.js';

export interface Registry {
  /** The call's properties with what is registered, the call's own winning. Stops the event's watch. */
  complete(call: Call, now: number): Properties | undefined;
  register(properties: Properties): void;
  unregister(name: string): void;
  time(event: string, now: number): void;
  open(): void;
  reset(): void;
}

export function createRegistry(storage: Storage, key: string): Registry {
  const watches = new Map<unknown, number>();
  let common: Properties = {};

  function register(properties: Properties): void {
    common = { ...common, ...properties };
    storage.set(key, JSON.stringify(common));
  }

  return {
    register,
    complete({ event, type, properties }, now) {
      const started = watches.get(event);
      watches.delete(event);
      // track, page and screen
      const more: Properties = /^[tps]/.test(type) ? { ...common } : {};
      if (started) more.duration = now - started;
      return Object.keys(more).length ? { ...more, ...properties } : properties;
    },
    unregister: (name) => register({ [name]: undefined }),
    time: (event, now) => watches.set(event, now),
    open: () => register({ ...parse(storage.get(key)), ...common }),
    reset() {
      common = {};
      watches.clear();
      storage.remove(key);
    },
  };
}
