/**
 * The SDK never throws into the page that hosts it. Everything the host can call runs inside `guard`;
 * what goes wrong becomes a `Problem` for `onError` and the debug log. With `strict` (our tests) it is
 * thrown after all, so that no bug of ours hides behind the shield.
 */

import type { Undo } from './ports.js';
import type { Reason } from './protocol.js';

/** Never holds a payload: `message` says what happened and what to do. */
export interface Problem {
  reason: Reason | 'stopped' | 'rejected';
  message: string;
}

export type Listener = (problem: Problem) => void;
export type Log = (...parts: unknown[]) => void;

export interface Guard {
  /** `run`'s result, or undefined if it threw. */
  run<T>(where: string, run: () => T): T | undefined;
  report(problem: Problem): void;
  /** Reports once in this client's life for each `key`. */
  once(key: string, problem: Problem): void;
  onError(listener: Listener): Undo;
  log: Log;
  debug(on: boolean): void;
}

export function createGuard(write: Log, debug: boolean, strict: boolean): Guard {
  const listeners = new Set<Listener>();
  const seen = new Set<string>();
  let isOn = debug;
  const log: Log = (...parts) => {
    if (isOn) write(...parts);
  };

  function report(problem: Problem): void {
    log(problem.reason, problem.message);
    for (const listener of listeners) {
      try {
        listener(problem);
      } catch (error) {
        log('an onError listener threw', error);
        if (strict) throw error;
      }
    }
  }

  return {
    log,
    report,
    run(where, run) {
      try {
        return run();
      } catch (error) {
        if (strict) throw error;
        report({ reason: 'internal', message: `${where}: ${error instanceof Error ? error.message : String(error)}` });
        return undefined;
      }
    },
    once(key, problem) {
      if (seen.has(key)) return;
      seen.add(key);
      report(problem);
    },
    onError(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    debug(on) {
      isOn = on;
    },
  };
}
