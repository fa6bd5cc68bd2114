/**
 * Waits for something that another script puts on the page: the SDK, or a consent platform. Those scripts come in
 * any order and announce themselves in as many ways as there are scripts, so this looks again and again, ever more
 * rarely: at first ten times a second, in the end every five seconds.
 */

import type { Undo } from '../core/ports.js';

/** Runs once `find` gives something, at once if it is there already. What `run` returns is undone as well. */
export function whenPresent<T>(find: () => T | null | undefined | false, run: (found: T) => Undo): Undo {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let undo: Undo = () => clearTimeout(timer);
  let wait = 100;
  function look(): void {
    const found = find();
    if (found) undo = run(found);
    else timer = setTimeout(look, wait);
    wait = Math.min(wait * 1.05, 5_000);
  }
  look();
  return () => undo();
}
