/**
 * Share tokens, `s1.<depth>.<id>.<signature>`: minted and signed by the collector, which knows the depth because it saw
 * the parent. A card has to be answered at once, so one token is always fetched ahead.
 */

import { type Query, topPage } from '../context.js';
import type { Card } from '../wx.js';

export const SHARE_PARAM = 'fh_share';
const TOKEN = /^s1\.(\d{1,3})\.[\w-]{8,32}\.[\w-]{16,64}$/;

export interface Shares {
  of(query: Query): { share?: string; shareDepth?: number };
  /** The card with a token, if there is one. */
  stamp(card: unknown, isTimeline: boolean): unknown;
  /** Fetches one if there is none. */
  prepare(): void;
}

export function createShares(fetch: (parent: string | undefined) => Promise<string | null>): Shares {
  let parent: string | undefined;
  let ready: string | null = null;
  let isFetching = false;

  const prepare = () => {
    if (ready || isFetching) return;
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
    stamp(card, isTimeline) {
      const token = ready;
      ready = null;
      prepare();
      return token ? stamped(card, isTimeline, token) : card;
    },
  };
}

/** A copy of the card whose target carries the token; anything that is no card goes back as it is. */
function stamped(card: unknown, isTimeline: boolean, token: string): unknown {
  if (!card || typeof card !== 'object') return card;
  const { path, query, promise } = card as Card;
  const mark = `${SHARE_PARAM}=${token}`;
  // the real card may come later; then the one given now is only what is shown if it does not
  const isPromised = !!promise && typeof (promise as Promise<unknown>).then === 'function';
  const later = isPromised && {
    promise: (promise as Promise<unknown>).then((real) => stamped(real, isTimeline, token)),
  };
  if (isTimeline) return { ...card, query: query ? `${query}&${mark}` : mark, ...later };
  const top = topPage();
  const target = typeof path === 'string' && path ? path : top && top.route ? `/${top.route}` : '';
  return { ...card, ...(target && { path: target + (target.indexOf('?') < 0 ? '?' : '&') + mark }), ...later };
}
