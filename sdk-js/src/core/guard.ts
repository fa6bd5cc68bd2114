/**
 * The SDK never throws into the page that hosts it. Everything the host can call runs inside `guard`;
 * what goes wrong becomes a `Problem` for `onError` and the debug log. With `strict` (our tests) it is
 * thrown after all, so that no bug of ours hides behind the shield.
 */

import type { Undo } from './ports.js';
import type { Reason } from './protocol.js';

/** Never holds a payload. `message` is short: what it means and what to do is in `extras/debug.ts` and in the docs. */
export interface Problem {
  reason: Reason | 'stopped' | 'rejected';
  message: string;
}

export type Listener = (problem: Problem) => void;
export type Log = (...parts: unknown[]) => void;

export interface Guard {
  /** The task's result, or undefined if it threw. */
  run<T>(task: () => T, where?: string): T | undefined;
  /** The same function, inside `run`. */
  wrap<A extends unknown[], T>(task: (...args: A) => T, where?: string): (...args: A) => T;
  /** All functions of an object, wrapped under their names, `first` before each. */
  shield<T extends object>(first: () => void, verbs: T): T;
  /** Once in this client's life for each message, so that an error a thousand times over is not a flood. */
  report(reason: Problem['reason'], detail?: unknown): void;
  /** Tells each listener, whatever the others throw. */
  tell<T>(listeners: Set<(news: T) => void>, news: T): void;
  onError(listener: Listener): Undo;
  log: Log;
  debug(on?: boolean): void;
}

export function createGuard(write: Log, isOn = false, strict = false): Guard {
  const listeners = new Set<Listener>();
  const seen = new Set<string>();

  const log: Log = (...parts) => {
    if (isOn) write(...parts);
  };
  const guard: Guard = {
    log,
    run(task, where = 'core') {
      try {
        return task();
      } catch (error) {
        if (strict) throw error;
        guard.report('internal', `${where}: ${error}`);
      }
      return undefined;
    },
    wrap:
      (task, where) =>
      (...args) =>
        guard.run(() => task(...args), where) as ReturnType<typeof task>,
    shield(first, verbs) {
      // own names only: a page may have put others on Object.prototype, and frozen it
      for (const name of Object.keys(verbs) as (keyof typeof verbs & string)[]) {
        const verb = verbs[name] as (...args: unknown[]) => unknown;
        verbs[name] = guard.wrap((...args: unknown[]) => {
          first();
          return verb(...args);
        }, name) as never;
      }
      return verbs;
    },
    report(reason, detail = '') {
      const message = `${detail}`;
      if (seen.size === seen.add(reason + message).size) return;
      const problem = { reason, message };
      log(problem);
      guard.tell(listeners, problem);
    },
    tell(all, news) {
      for (const listener of all) guard.run(() => listener(news));
    },
    onError: (listener) => subscribe(listeners, listener),
    debug(on = true) {
      isOn = on;
    },
  };
  return guard;
}

export function subscribe<T>(listeners: Set<T>, listener: T): Undo {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
