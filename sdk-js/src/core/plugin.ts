/**
 * What an autotrack plugin is. It watches the platform and says what happened; it never asks about
 * consent (the gate does, by `purpose`), never touches storage or the network, and its undo leaves
 * nothing behind.
 */

import type { Guard } from './guard.js';
import type { Undo } from './ports.js';
import type { Call, Page, Properties } from './protocol.js';
import type { Inside } from './remote.js';

export interface PluginApi {
  /** `$` names are allowed here. `at`: when it happened (ms), if not now. */
  track(event: string, properties?: Properties, at?: number, page?: Page): void;
  /** What is to be sent should the page die before it says more; without properties it is taken back. */
  draft(event: string, properties?: Properties, page?: Page): void;
  /** `page` overrides what the platform says about the page. */
  page(page?: Page, at?: number, properties?: Properties): void;
  now(): number;
  /** The same function, shielded: what it throws is reported and never reaches the host. */
  guarded<A extends unknown[]>(run: (...args: A) => void): (...args: A) => void;
  /** Query parameters the site declared as harmless. */
  queryParams: readonly string[];
  /** For the SDK's own `remote` only. */
  inside: Inside;
}

export interface Plugin {
  name: string;
  /** Analytics, if it says nothing. */
  purpose?: string | undefined;
  install(api: PluginApi): Undo;
}

/** `draft`: kept beside the queue under the event's name, in place of an earlier one; `later`: written down in a task of its own. */
export type Capture = (call: Call, at?: number, page?: Page, how?: 'draft' | 'later') => void;

export interface Plugins {
  /** Installs once per name; the undo of a second one does nothing. */
  use(plugin: Plugin): Undo;
  off(name: string): void;
  undoAll: Undo;
}

export function createPlugins(capture: Capture, guard: Guard, now: () => number, inside: Inside): Plugins {
  const installed = new Map<string, Undo>();

  return {
    use({ name, purpose, install }) {
      if (installed.has(name)) return () => {};
      const call = { internal: true, purpose };
      const undo = guard.run(name, () =>
        install({
          track: (event, properties, at, page) =>
            capture({ type: 'track', event, properties, ...call }, at, page, 'later'),
          draft: (event, properties, page) =>
            capture({ type: 'track', event, properties, ...call }, undefined, page, 'draft'),
          page: (page, at, properties) => capture({ type: 'page', properties, ...call }, at, page, 'later'),
          now,
          guarded: (run) => guard.wrap(name, run),
          queryParams: inside.queryParams,
          inside,
        }),
      );
      const off = guard.wrap(name, () => {
        if (installed.delete(name) && undo) undo();
      });
      installed.set(name, off);
      return off;
    },
    off: (name) => installed.get(name)?.(),
    undoAll() {
      for (const off of installed.values()) off();
    },
  };
}
