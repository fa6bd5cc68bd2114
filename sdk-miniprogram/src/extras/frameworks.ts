/**
 * The names of handlers in frameworks. They send everything through one method and say in the dataset whom they mean: uni-app
 * (Vue 2) by `[["tap",[["onBuy",["$event"]]]]]`, mpx by `{"tap":[["onBuy","__mpx_event__"]]}`, Taro not at all.
 */

import type { MakePlugin } from '../host.js';

type Dataset = Record<string, unknown>;

export const frameworks = (): MakePlugin => (host) => ({
  name: 'frameworks',
  install() {
    host.nameOf = nameOf;
    return () => {
      delete host.nameOf;
    };
  },
});

function nameOf(method: string, type: string, { eventOpts, eventconfigs }: Dataset): string | undefined {
  let calls = eventconfigs ? (eventconfigs as Dataset)[type] : undefined;
  if (Array.isArray(eventOpts)) {
    for (const [of, given] of eventOpts) if (of === type || of === `^${type}`) calls = given;
  }
  const [[handler] = []] = (Array.isArray(calls) ? calls : []) as unknown[][];
  if (typeof handler === 'string') return handler;
  return /^(eh|__e|__invoke)$/.test(method) ? undefined : method;
}
