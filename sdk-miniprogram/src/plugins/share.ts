/**
 * `$share` and `$favorite` when WeChat asks a page what to share. Only where the page answers itself: adding the
 * function would put the share menu on pages that have none.
 *
 * The card is the page's own and goes back as it came. Only if the app asked for `shareTracking` does its
 * path (its query, for the timeline) get a token of the collector's, which says how often the card was passed on and
 * names nobody.
 */

import type { Plugin } from '../../../sdk-js/src/core/plugin.js';
import { cleanUrl } from '../../../sdk-js/src/core/scrub.js';
import { topPage } from '../context.js';
import type { Host } from '../host.js';

export const SHARE_PARAM = 'fh_share';
const METHODS: Record<string, string> = { onShareAppMessage: 'message', onShareTimeline: 'timeline' };

type Card = { path?: string; query?: string; promise?: unknown };

export const share = (host: Host): Plugin => ({
  name: 'share',
  purpose: 'analytics',
  install({ track, guarded, queryParams }) {
    return host.hooks().watch(({ name, args, kind }) => {
      const method = METHODS[name];
      if (kind === 'App' || (!method && name !== 'onAddToFavorites')) return;
      const asked = args[0] as { from?: unknown } | undefined;
      const from = asked && typeof asked.from === 'string' ? asked.from : undefined;
      const record = guarded((result: unknown) => {
        const { path } = (result || {}) as Card;
        const cleaned = typeof path === 'string' ? cleanUrl(path, queryParams) : undefined;
        if (method) track('$share', { method, from, path: cleaned });
        else track('$favorite');
      });
      return (result) => {
        record(result);
        const token = method ? host.nextShare() : null;
        return token ? stamped(result, name === 'onShareTimeline', token) : result;
      };
    });
  },
});

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
