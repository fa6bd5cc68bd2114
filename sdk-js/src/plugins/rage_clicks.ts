/** One `$rage_click` when somebody clicks three times within a second and 30 pixels: something does not answer. */

import { listen } from '../browser/listen.js';
import type { Make } from '../browser/web.js';
import { describe, isIgnored, isSecret, pathOf } from './element.js';

const CLICKS = 3;
const WITHIN_MS = 1_000;
const WITHIN_PX = 30;

export const rageClicks: Make = ({ clickText } = {}) => ({
  name: 'rage_clicks',
  install({ track, now, guarded, queryParams }) {
    let burst: { at: number; x: number; y: number }[] = [];
    const onClick = guarded((event: MouseEvent) => {
      const path = pathOf(event);
      const [target] = path;
      // the keyboard clicks without a place, and what is typed in a field is selected by three clicks
      if (!target || !event.detail || isIgnored(path) || isSecret(target)) return;
      if (target.matches('input,textarea,select,[contenteditable]')) return;
      const at = now();
      const { pageX: x, pageY: y } = event;
      burst = burst.filter((click) => at - click.at < WITHIN_MS && Math.hypot(click.x - x, click.y - y) < WITHIN_PX);
      burst.push({ at, x, y });
      if (burst.length === CLICKS) {
        track('$rage_click', { ...describe(target, queryParams, clickText), x: Math.round(x), y: Math.round(y) });
      }
    });
    return listen(document, 'click', onClick, true);
  },
});
