/** `wx.onX` where this base library has it, and undoing. */

import type { Undo } from '../../sdk-js/src/core/ports.js';
import type { Wx } from './wx.js';

type Names<K> = K extends `on${infer Name}` ? Name : never;
type Listen = (run: unknown) => void;

/** The undo is `wx.offX`. */
export function listen(event: Names<keyof Wx>, run: (result: never) => void): Undo {
  const call = (verb: 'on' | 'off') => {
    const method = wx[`${verb}${event}` as keyof Wx] as Listen | undefined;
    if (method) method(run);
  };
  call('on');
  return () => call('off');
}

export const undoing = (all: Iterable<Undo>) => (): void => {
  for (const undo of all) undo();
};
