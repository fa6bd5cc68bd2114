/** `addEventListener`, passive, with its own undo. `types`: one event, or several with a blank between. */

import type { Undo } from '../core/ports.js';

export function listen<E extends Event>(
  target: EventTarget,
  types: string,
  run: (event: E) => void,
  capture = false,
): Undo {
  const options = { capture, passive: true };
  const each = (verb: 'addEventListener' | 'removeEventListener') => {
    for (const type of types.split(' ')) target[verb](type, run as EventListener, options);
  };
  each('addEventListener');
  return () => each('removeEventListener');
}

/** One undo for many. */
export const all =
  (undos: Iterable<Undo>): Undo =>
  () => {
    for (const undo of undos) undo();
  };

export const isHidden = () => document.visibilityState === 'hidden';

/** After this task, and before the page can be closed or left; a hidden page has no timers that can be relied on. */
export function soon(run: () => void): void {
  if (isHidden()) run();
  else setTimeout(run);
}

/** `setTimeout` with its own undo. */
export function after(ms: number, run: () => void): Undo {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
}
