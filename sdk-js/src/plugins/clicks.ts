/**
 * One `$click` for each click on anything, through open shadow roots. The event is about the nearest thing
 * a person would say they clicked (a button, a link, something marked); else about the element itself.
 *
 * What is never read: values of fields, secret fields, anything inside `[data-firsthand-ignore]`. Text is
 * read from buttons and links only, and kept only if it is short and holds nothing like a person's data.
 */

import { listen } from '../browser/listen.js';
import type { Make } from '../browser/web.js';
import { describe, isIgnored, isSecret, MEANINGFUL, pathOf } from './element.js';

export const clicks: Make = ({ clickText } = {}) => ({
  name: 'clicks',
  install({ track, guarded, queryParams }) {
    let echo: Element | null = null;
    const onClick = guarded((event: MouseEvent) => {
      const path = pathOf(event);
      const [target] = path;
      if (!target || isIgnored(path)) return;
      const field = (target.closest('label') as HTMLLabelElement | null)?.control || null;
      const again = echo === target;
      // the click on the field that the browser makes of a click on its label comes before the next task
      echo = field === target ? null : field;
      setTimeout(() => {
        echo = null;
      });
      if (again || isSecret(target) || isSecret(field)) return;
      track('$click', {
        ...describe(path.find((each) => each.matches(MEANINGFUL)) || target, queryParams, clickText),
        x: Math.round(event.pageX),
        y: Math.round(event.pageY),
      });
    });
    return listen(document, 'click', onClick, true);
  },
});
