// Events per second over the last minute: one bar a second, rejected on top of accepted.

import { $, svg } from './dom.js';

const SECONDS = 60;
const WIDTH = 4;
const HEIGHT = 34;

export class Chart {
  constructor() {
    this.seconds = Array.from({ length: SECONDS }, () => [0, 0]);
    const box = $('chart');
    box.setAttribute('viewBox', `0 0 ${SECONDS * WIDTH} ${HEIGHT}`);
    box.setAttribute('preserveAspectRatio', 'none');
    this.bars = this.seconds.map((_, i) => {
      const pair = ['good', 'bad'].map((name) =>
        svg('rect', { class: name, x: i * WIDTH, width: WIDTH - 1, y: HEIGHT - 1, height: 1 }),
      );
      box.append(...pair);
      return pair;
    });
  }

  add(accepted, rejected) {
    const now = this.seconds[SECONDS - 1];
    now[0] += accepted;
    now[1] += rejected;
  }

  /** Close the running second and draw; returns the events of the last whole second. */
  step() {
    const top = Math.max(4, ...this.seconds.map(([a, r]) => a + r));
    this.seconds.forEach(([accepted, rejected], i) => {
      const [good, bad] = this.bars[i];
      const a = (accepted / top) * HEIGHT;
      const r = (rejected / top) * HEIGHT;
      const base = accepted + rejected ? 0 : 1;
      place(good, HEIGHT - a - base, a + base);
      place(bad, HEIGHT - a - r, r);
    });
    const [accepted, rejected] = this.seconds[SECONDS - 1];
    this.seconds.shift();
    this.seconds.push([0, 0]);
    return accepted + rejected;
  }
}

function place(bar, y, height) {
  bar.setAttribute('y', y.toFixed(2));
  bar.setAttribute('height', height.toFixed(2));
}
