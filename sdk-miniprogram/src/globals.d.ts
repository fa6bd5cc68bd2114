/** Globals of a mini-program. Any of them may be missing: plugins have no `App` and no `getApp`. */

import type { PageInstance, Wx } from './wx.js';

type Constructor = (this: unknown, options?: unknown) => unknown;

declare global {
  const wx: Wx;
  let Page: Constructor | undefined;
  let Component: Constructor | undefined;
  let Behavior: Constructor | undefined;
  function getCurrentPages(): PageInstance[];
  function setTimeout<A extends unknown[]>(run: (...args: A) => void, ms: number, ...args: A): number;
  function clearTimeout(timer: number): void;
  const console: { debug(...parts: unknown[]): void; warn(...parts: unknown[]): void };
}
