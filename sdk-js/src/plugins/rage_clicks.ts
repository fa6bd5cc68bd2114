/** One `$rage_click` when somebody clicks three times within a second and 30 pixels: something does not answer. */

import type { Make } from '../browser/web.js';
import { describe, onEvent } from './element.js';

const CLICKS = 3;
const WITHIN_MS = 1_000;
const WITHIN_PX = 30;

export const rageClicks: Make = ({ clickText } = {}) => ({
  name: 'rage_clicks',
  install(api) {
    let burst: { at: number; x: number; y: number }[] = [];
    return onEvent<MouseEvent>(api, 'click', (_, event, target) => {
      // the keyboard clicks without a place, and what is typed in a field is selected by three clicks
      if (!event.detail || target.matches('input,textarea,select,[contenteditable]')) return;
      const at = api.now();
      const { pageX: x, pageY: y } = event;
      burst = burst.filter((click) => at - click.at < WITHIN_MS && Math.hypot(click.x - x, click.y - y) < WITHIN_PX);
      burst.push({ at, x, y });
      if (burst.length === CLICKS) {
        api.track('$rage_click', {
          ...describe(target, api.queryParams, clickText),
          x: Math.round(x),
          y: Math.round(y),
        });
      }
    });
  },
});
