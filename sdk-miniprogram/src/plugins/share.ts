/**
 * `$share` and `$favorite` when WeChat asks a page what to share. Only where the page answers itself: adding the
 * function would put the share menu on pages that have none.
 *
 * The card is the page's own and goes back as it came. Only if the app asked for it (`wechat({ shareTracking: true })`)
 * does its path (its query, for the timeline) get a token of the collector's, which says how often the card was passed on and
 * names nobody.
 */

import type { Plugin } from '../../../sdk-js/src/core/plugin.js';
import { cleanUrl } from '../../../sdk-js/src/core/scrub.js';
import type { Host } from '../host.js';
import type { Card } from '../wx.js';
import { text } from './taps.js';

const METHODS: Record<string, string> = { onShareAppMessage: 'message', onShareTimeline: 'timeline' };

export const share = (host: Host): Plugin => ({
  name: 'share',
  install({ track, guarded, queryParams }) {
    return host.hooks().watch(({ name, args }) => {
      const method = METHODS[name];
      if (!method && name !== 'onAddToFavorites') return;
      const from = text(((args[0] || {}) as { from?: unknown }).from);
      const record = guarded((result: unknown) => {
        const { path } = (result || {}) as Card;
        const cleaned = typeof path === 'string' ? cleanUrl(path, queryParams) : undefined;
        if (method) track('$share', { method, from, path: cleaned });
        else track('$favorite');
      });
      return (result) => {
        record(result);
        return method && host.stamp ? host.stamp(result, method === 'timeline') : result;
      };
    });
  },
});
