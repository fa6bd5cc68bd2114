/** Calls back with each link that is followed: clicked, or opened in another tab by the middle button. */

import { all, listen } from '../browser/listen.js';
import type { PluginApi } from '../core/plugin.js';
import type { Undo } from '../core/ports.js';
import { isIgnored, pathOf } from './element.js';

export function onLink({ guarded }: PluginApi, run: (link: HTMLAnchorElement) => void): Undo {
  const followed = guarded((event: MouseEvent) => {
    const path = pathOf(event);
    const link = path.find((element) => element.matches('a[href]')) as HTMLAnchorElement | undefined;
    // only pages and files: what else a link may start (mailto:, tel:) is a click
    if (link && event.button < 2 && /^https?:$/.test(link.protocol) && !isIgnored(path)) run(link);
  });
  return all([listen(document, 'click', followed, true), listen(document, 'auxclick', followed, true)]);
}
