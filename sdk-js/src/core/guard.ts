/**
 * The SDK never throws into the page that hosts it. Everything the host can call runs inside `guard`;
 * what goes wrong becomes a `Problem` for `onError` and the debug log. With `strict` (our tests) it is
 * thrown after all, so that no bug of ours hides behind the shield.
 */

import type { Undo } from './ports.js';
import type { Reason } from './protocol.js';

/** Never holds a payload: `message` says what happened and what to do. */
export interface Problem {
  reason: Reason | 'stopped' | 'rejected' | 'usage';
  message: string;
}

export type Listener = (problem: Problem) => void;
export type Log = (...parts: unknown[]) => void;

export interface Guard {
  /** `run`'s result, or undefined if it threw. */
  run<T>(where: string, run: () => T): T | undefined;
  /** The same function, inside `run`. */
  wrap<A extends unknown[], T>(where: string, run: (...args: A) => T): (...args: A) => T;
  /** All functions of an object, wrapped under their names, `first` before each. */
  shield<T extends object>(first: () => void, verbs: T): T;
  /** Once in this client's life for each message, so that an error a thousand times over is not a flood. */
  report(reason: Problem['reason'], message: string): void;
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

  function report(reason: Problem['reason'], message: string): void {
    if (seen.has(message)) return;
    seen.add(message);
    const problem = { reason, message };
    log(problem);
    for (const listener of listeners) run('onError', () => listener(problem));
  }

  function run<T>(where: string, task: () => T): T | undefined {
    try {
      return task();
    } catch (error) {
      if (strict) throw error;
      report('internal', `${where}: ${error}`);
    }
    return undefined;
  }

  const wrap: Guard['wrap'] =
    (where, inner) =>
    (...args) =>
      run(where, () => inner(...args)) as ReturnType<typeof inner>;

  return {
    log,
    report,
    run,
    wrap,
    shield<T extends object>(first: () => void, verbs: T): T {
      // own names only: a page may have put others on Object.prototype, and frozen it
      for (const name of Object.keys(verbs) as (keyof T & string)[]) {
        const verb = verbs[name] as (...args: unknown[]) => unknown;
        verbs[name] = wrap(name, (...args: unknown[]) => {
          first();
          return verb(...args);
        }) as never;
      }
      return verbs;
    },
    onError: (listener) => subscribe(listeners, listener),
    debug(on = true) {
      isOn = on;
    },
  };
}

export function subscribe<T>(listeners: Set<T>, listener: T): Undo {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
