/** Calls back with each link that is followed: clicked, or opened in another tab by the middle button. */

import type { PluginApi } from '../core/plugin.js';
import type { Undo } from '../core/ports.js';
import { onEvent } from './element.js';

export function onLink(api: PluginApi, run: (link: HTMLAnchorElement) => void): Undo {
  const followed = (path: Element[], { button }: MouseEvent) => {
    const link = path.find((element) => element.matches('a[href]')) as HTMLAnchorElement | undefined;
    // only pages and files: what else a link may start (mailto:, tel:) is a click
    if (link && button < 2 && /^https?:$/.test(link.protocol)) run(link);
  };
  return onEvent(api, 'click auxclick', followed);
}
