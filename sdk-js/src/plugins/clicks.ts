/**
 * One `$click` for each click on anything, through open shadow roots. The event is about the nearest thing
 * a person would say they clicked (a button, a link, something marked); else about the element itself.
 *
 * What is never read: values of fields, secret fields, anything inside `[data-firsthand-ignore]`. Text is
 * read from buttons and links only, and kept only if it is short and holds nothing like a person's data.
 */

import type { Make } from '../browser/web.js';
import { describe, isSecret, MEANINGFUL, onEvent } from './element.js';

export const clicks: Make = ({ clickText } = {}) => ({
  name: 'clicks',
  install(api) {
    let echo: Element | null = null;
    return onEvent<MouseEvent>(api, 'click', (path, event, target) => {
      const field = (target.closest('label') as HTMLLabelElement | null)?.control || null;
      const again = echo === target;
      // the click on the field that the browser makes of a click on its label comes before the next task
      echo = field === target ? null : field;
      if (echo)
        setTimeout(() => {
          echo = null;
        });
      if (again || isSecret(target) || isSecret(field)) return;
      api.track('$click', {
        ...describe(path.find((each) => each.matches(MEANINGFUL)) || target, api.queryParams, clickText),
        x: Math.round(event.pageX),
        y: Math.round(event.pageY),
      });
    });
  },
});
