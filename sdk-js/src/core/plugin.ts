/**
 * What an autotrack plugin is. It watches the platform and says what happened; it never asks about
 * consent (the gate does, by `purpose`), never touches storage or the network, and its undo leaves
 * nothing behind.
 */

import type { Gate } from './gate.js';
import type { Guard } from './guard.js';
import type { Undo } from './ports.js';
import type { Call, Page, Properties } from './protocol.js';
import type { Inside } from './remote.js';

/** What a part in a file of its own may know of the inside: names that stand here stay as they are in every build. */
export interface Known {
  prefix: string;
  gate: Pick<Gate<never>, 'answers' | 'judge' | 'preferences'>;
}

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

/** `later`: written down in a task of its own. */
export type Capture = (call: Call, at?: number, page?: Page, later?: boolean) => void;

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
      const call = (type: 'track' | 'page', event: string | undefined, properties?: Properties): Call => ({
        ...{ type, event, properties, purpose },
        internal: true,
      });
      const undo = guard.run(
        () =>
          install({
            track: (event, properties, at, page) => capture(call('track', event, properties), at, page, true),
            draft: (event, properties, page) => inside.draft?.(call('track', event, properties), page),
            page: (page, at, properties) => capture(call('page', undefined, properties), at, page, true),
            now,
            guarded: (run) => guard.wrap(run, name),
            queryParams: inside.queryParams,
            inside,
          }),
        name,
      );
      const off = guard.wrap(() => {
        if (installed.delete(name)) undo?.();
      }, name);
      installed.set(name, off);
      return off;
    },
    off: (name) => installed.get(name)?.(),
    undoAll() {
      for (const off of installed.values()) off();
    },
  };
}
