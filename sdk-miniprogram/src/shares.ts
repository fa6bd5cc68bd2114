/**
 * Share tokens, `s1.<depth>.<id>.<signature>`: minted and signed by the collector, which knows the depth because it saw
 * the parent. A card has to be answered at once, so one token is always fetched ahead.
 */

import type { Query } from './context.js';
import { SHARE_PARAM } from './plugins/share.js';

const TOKEN = /^s1\.(\d{1,3})\.[\w-]{8,32}\.[\w-]{16,64}$/;

export interface Shares {
  of(query: Query): { share?: string; shareDepth?: number };
  next(): string | null;
  /** Fetches one if there is none. */
  prepare(): void;
}

export function createShares(enabled: boolean, fetch: (parent: string | undefined) => Promise<string | null>): Shares {
  let parent: string | undefined;
  let ready: string | null = null;
  let isFetching = false;

  const prepare = () => {
    if (!enabled || ready || isFetching) return;
    isFetching = true;
    void fetch(parent).then((token) => {
      isFetching = false;
      ready = token && TOKEN.test(token) ? token : null;
    });
  };
  return {
    prepare,
    of(query) {
      const token = query && query[SHARE_PARAM];
      const [, depth] = (typeof token === 'string' && TOKEN.exec(token)) || [];
      if (!depth) return {};
      if (parent !== token) ready = null; // fetched ahead for another parent
      parent = token as string;
      return { share: parent, shareDepth: Number(depth) };
    },
    next() {
      const token = ready;
      ready = null;
      prepare();
      return token;
    },
  };
}
