/**
 * One `$page` each time a page is shown, one `$page_leave` with the engaged time each time it goes away or the
 * mini-program is hidden. When that is: `views.ts`.
 */

import type { Plugin } from '../../../sdk-js/src/core/plugin.js';
import { pageFacts } from '../context.js';
import type { Host } from '../host.js';
import { undoing } from '../listen.js';

export const pages = (host: Host): Plugin => ({
  name: 'pages',
  install({ track, page, guarded, queryParams }) {
    /** Where the next view comes from. */
    let before: string | undefined;

    const offs = [
      host.views.onShow(
        guarded(({ route, query, openType, at }) => {
          const facts = pageFacts(route, query, queryParams);
          const title = host.titles[facts.path || ''];
          if (title) facts.title = title;
          page(facts, at, { openType, referrer: before });
          before = facts.path;
        }),
      ),
      host.views.onLeave(
        guarded((view, at) => {
          const { path } = pageFacts(view.route, view.query, queryParams);
          track('$page_leave', { path, engagedMs: Math.max(0, at - view.at) }, at);
        }),
      ),
    ];
    return undoing(offs);
  },
});
