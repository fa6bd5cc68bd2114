/**
 * What an autotrack plugin is. It watches the platform and says what happened; it never asks about
 * consent (the gate does, by `purpose`), never touches storage or the network, and its undo leaves
 * nothing behind.
 */

import type { Guard } from './guard.js';
import type { Undo } from './ports.js';
import type { Call, Page, Properties } from './protocol.js';

export interface PluginApi {
  /** `$` names are allowed here. `at`: when it happened (ms), if not now. */
  track(event: string, properties?: Properties, at?: number): void;
  /** `page` overrides what the platform says about the page. */
  page(page?: Page, at?: number, properties?: Properties): void;
  now(): number;
  /** The same function, shielded: what it throws is reported and never reaches the host. */
  guarded<A extends unknown[]>(run: (...args: A) => void): (...args: A) => void;
  /** Query parameters the site declared as harmless. */
  queryParams: readonly string[];
}

export interface Plugin {
  name: string;
  purpose: string;
  install(api: PluginApi): Undo;
}

export type Capture = (call: Call, at?: number, page?: Page) => void;

export interface Plugins {
  /** Installs once per name; the undo of a second one does nothing. */
  use(plugin: Plugin): Undo;
  undoAll: Undo;
}

export function createPlugins(
  capture: Capture,
  guard: Guard,
  now: () => number,
  queryParams: readonly string[],
): Plugins {
  const installed = new Map<string, Undo>();

  function use({ name, purpose, install }: Plugin): Undo {
    if (installed.has(name)) return () => {};
    // stamped only where it is not the default, which the collector fills in by itself
    const call = { internal: true, purpose: purpose === 'analytics' ? undefined : purpose };
    const guarded: PluginApi['guarded'] =
      (run) =>
      (...args) =>
        guard.run(name, () => run(...args));
    const api: PluginApi = {
      track: (event, properties, at) => capture({ type: 'track', event, properties, ...call }, at),
      page: (page, at, properties) => capture({ type: 'page', properties, ...call }, at, page),
      now,
      guarded,
      queryParams,
    };
    const undo = guard.run(name, () => install(api));
    const off = guarded(() => {
      if (installed.delete(name) && undo) undo();
    });
    installed.set(name, off);
    return off;
  }

  return {
    use,
    undoAll() {
      for (const off of [...installed.values()]) off();
    },
  };
}
