/** `addEventListener`, passive, with its own undo. */

import type { Undo } from '../core/ports.js';

export function listen<E extends Event>(
  target: EventTarget,
  type: string,
  run: (event: E) => void,
  capture = false,
): Undo {
  const options = { capture, passive: true };
  target.addEventListener(type, run as EventListener, options);
  return () => target.removeEventListener(type, run as EventListener, options);
}

/** One undo for many. */
export const all =
  (undos: Iterable<Undo>): Undo =>
  () => {
    for (const undo of undos) undo();
  };

/** After this task, and before the page can be closed or left; a hidden page has no timers that can be relied on. */
export function soon(run: () => void): void {
  if (document.visibilityState === 'hidden') run();
  else setTimeout(run);
}

/** `setTimeout` with its own undo. */
export function after(ms: number, run: () => void): Undo {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
}
