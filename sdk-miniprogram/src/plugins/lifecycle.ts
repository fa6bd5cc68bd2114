/**
 * `$app_launch` once, `$app_show` each time the mini-program comes to the front (the launch included) and
 * `$app_hide` each time it leaves, with the time it was in front.
 *
 * Whoever calls `init` late (after a page is there) has missed the first show, and a plugin hears none: then it is
 * made up for from the options of that moment, which WeChat keeps.
 */

import type { Plugin } from '../../../sdk-js/src/core/plugin.js';
import type { Properties } from '../../../sdk-js/src/core/protocol.js';
import { entered, pageFacts, topPage } from '../context.js';
import type { Host } from '../host.js';
import { undoing } from '../listen.js';
import type { Entry } from '../wx.js';

export const lifecycle = (host: Host): Plugin => ({
  name: 'lifecycle',
  install({ track, now, guarded, queryParams }) {
    let shownAt: number | null = null;
    let launched = false;

    const describe = (entry: Partial<Entry>): Properties => {
      if (!entry || !entry.path) return {};
      const { path, search } = pageFacts(entry.path, entry.query, queryParams);
      const from = entry.referrerInfo && entry.referrerInfo.appId;
      return {
        path,
        search,
        scene: entry.scene,
        referrerAppId: from || undefined,
        ...(host.shareOf && host.shareOf(entry.query)),
      };
    };
    const show = guarded((entry: Partial<Entry>, at: number) => {
      if (shownAt !== null) return;
      shownAt = at;
      if (!launched) track('$app_launch', describe(wx.getLaunchOptionsSync ? wx.getLaunchOptionsSync() : entry), at);
      launched = true;
      track('$app_show', describe(entry), at);
    });
    const hide = guarded((at: number) => {
      if (shownAt === null) return;
      track('$app_hide', { durationMs: Math.max(0, at - shownAt) }, at);
      shownAt = null;
    });

    const offs = [host.front.onShow(show), host.front.onHide(hide)];
    if (topPage() || !wx.onAppShow) show(entered(), now());
    return undoing(offs);
  },
});
