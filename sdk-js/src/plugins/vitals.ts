/**
 * One `$web_vitals` for each of LCP, INP, CLS, TTFB and FCP, as the `web-vitals` package measures them. It is larger
 * than any plugin of ours, so it is a file of its own that is only loaded when asked for. Not on by default.
 *
 * The package cannot be told to stop; after the undo it speaks to nobody.
 */

import { type Metric, onCLS, onFCP, onINP, onLCP, onTTFB } from 'web-vitals';
import type { Make } from '../browser/web.js';

export const vitals: Make = () => ({
  name: 'vitals',
  install({ track, guarded }) {
    let active = true;
    const report = guarded(({ name, value, rating, id, navigationType }: Metric) => {
      if (active) track('$web_vitals', { name, value: Math.round(value * 1_000) / 1_000, rating, id, navigationType });
    });
    for (const on of [onCLS, onFCP, onINP, onLCP, onTTFB]) on(report);
    return () => {
      active = false;
    };
  },
});
