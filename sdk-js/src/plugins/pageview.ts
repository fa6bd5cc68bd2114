/**
 * One `page` message for each page shown: the first load, each change of address, and each return from the
 * back/forward cache. A prerendered page counts when it is shown: the SDK does not start before that.
 *
 * The view belongs to the moment of the change, but its title is only right once the router has rendered.
 * So the address and the time are taken at once, and the message is made a moment later, or earlier if
 * the next change or the end of the page comes first. Leaving is heard in the capture phase, that is before
 * the flusher hears it.
 */

import { address, pageAt } from '../browser/context.js';
import { webLifecycle } from '../browser/lifecycle.js';
import { after, all, isHidden, listen } from '../browser/listen.js';
import type { Make } from '../browser/web.js';
import { onRoute } from './route.js';

const RENDER_MS = 60;
/** A title that is empty is on its way: Next.js takes the old one off and gets the new one from the server. */
const TITLE_MS = 1_000;

export const pageview: Make = ({ hashRouting } = {}) => ({
  name: 'pageview',
  install({ page, now, guarded, queryParams }) {
    let finish: (() => void) | null = null;
    const settle = guarded(() => finish?.());
    const view = guarded((referrer: string) => {
      settle();
      const at = now();
      const facts = pageAt(address(hashRouting), referrer, queryParams);
      const look = guarded(() => {
        if (document.title || now() - at > TITLE_MS) settle();
        else cancel = after(RENDER_MS, look);
      });
      // a script in the head runs before the title was parsed
      let cancel =
        document.readyState === 'loading' ? listen(document, 'DOMContentLoaded', settle) : after(RENDER_MS, look);
      finish = () => {
        finish = null;
        cancel();
        page(facts, at);
      };
    });
    view(document.referrer);
    return all([
      onRoute(hashRouting, view),
      webLifecycle.onReturn(() => view(location.href)),
      listen(window, 'pagehide', settle, true),
      listen(window, 'visibilitychange', () => isHidden() && settle(), true),
      settle,
    ]);
  },
});
