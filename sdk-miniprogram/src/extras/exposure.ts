/**
 * `$exposure` once a page view for each node that was half visible: class `track-exposure` (WeChat's selectors know
 * no attributes) and a name in `data-track-exposure`. The nodes of a page are looked for shortly after it is shown;
 * for a list that grows later, and inside a component, call `observe(this)`.
 */

import type { Plugin } from '../../../sdk-js/src/core/plugin.js';
import { topPage } from '../context.js';
import type { Host } from '../host.js';
import { declared } from '../plugins/taps.js';
import type { Observer, Seen } from '../wx.js';

const SELECTOR = '.track-exposure';
const HALF = 0.5;
const RENDER_MS = 100;

export const exposure =
  () =>
  (host: Host): Plugin => ({
    name: 'exposure',
    install({ track, guarded }) {
      let observers: Observer[] = [];
      let counted: Record<string, boolean> = {};
      let timer: ReturnType<typeof setTimeout> | null = null;

      const stop = () => {
        if (timer !== null) clearTimeout(timer);
        for (const observer of observers) observer.disconnect();
        observers = [];
        counted = {};
        timer = null;
      };
      const seen = guarded(({ id, dataset, intersectionRatio }: Seen) => {
        const name = dataset.trackExposure;
        const key = JSON.stringify([id, dataset]);
        if (typeof name !== 'string' || !name || intersectionRatio < HALF || counted[key]) return;
        counted[key] = true;
        const properties = declared(dataset);
        delete properties.exposure;
        track('$exposure', { name, id: id || undefined, ...properties });
      });
      const start = guarded((component: object | null) => {
        timer = null;
        if (!component) return;
        const observer = wx.createIntersectionObserver(component, { thresholds: [HALF], observeAll: true });
        observer.relativeToViewport().observe(SELECTOR, seen);
        observers.push(observer);
      });

      host.extend({ observe: start });
      const offs = [
        host.views.onLeave(stop),
        host.views.onShow(() => {
          stop();
          timer = setTimeout(() => start(topPage()), RENDER_MS);
        }),
      ];
      return () => {
        stop();
        for (const off of offs) off();
      };
    },
  });
