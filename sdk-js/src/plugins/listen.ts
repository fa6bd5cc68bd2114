/** `addEventListener` in the capture phase, passive, with its own undo. */

import type { Undo } from '../core/ports.js';

export function listen<E extends Event>(
  target: EventTarget,
  type: string,
  run: (event: E) => void,
  options: AddEventListenerOptions = {},
): Undo {
  const all = { capture: true, passive: true, ...options };
  target.addEventListener(type, run as EventListener, all);
  return () => target.removeEventListener(type, run as EventListener, all);
}
