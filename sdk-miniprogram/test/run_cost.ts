/**
 * What the SDK costs in the host: `npm run cost --workspace sdk-miniprogram`. The same mini-program of 20 pages with 10 handlers
 * each, once without and once with the built file; medians of 30 runs, in time of the processor (so that a busy machine does not
 * show). Node is no phone: read the differences, not the times.
 */

import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { createHost, type Host } from './host/host.js';
import { event } from './host/plain.js';

const RUNS = 30;
const TAPS = 500;
const file = fileURLToPath(new URL('../dist/firsthand.js', import.meta.url));
const require = createRequire(import.meta.url);
const scope = globalThis as unknown as Record<string, (options: unknown) => unknown>;
/** Processor time of this process so far, in ms. */
const spent = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
const median = (all: number[]) => [...all].sort((a, b) => a - b)[all.length >> 1] as number;

interface Figures {
  load: number;
  launch: number;
  tap: number;
}

function once(withSdk: boolean, consentMode: string): Figures {
  const host: Host = createHost({ server: () => ({ status: 200, body: '{"success":true,"rejected":[]}' }) });
  const begin = spent();
  delete require.cache[file];
  const sdk = withSdk && require(file).init({ writeKey: 'wk', endpoint: 'https://c.example', consentMode });
  const loaded = spent();
  for (let i = 0; i < 20; i++) {
    const page = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`on${n}`, () => n]));
    host.define(`pages/p${i}/p${i}`, () => scope.Page?.(page));
  }
  host.launch('pages/p0/p0');
  const launched = spent();
  for (let i = 0; i < TAPS; i++) host.fire('on1', event({ id: `b${i}`, dataset: { track: 'x' } }));
  const tapped = spent();
  if (sdk) sdk.close();
  return { load: loaded - begin, launch: launched - loaded, tap: ((tapped - launched) * 1000) / TAPS };
}

function measure(withSdk: boolean, mode: string): Figures {
  const all = Array.from({ length: RUNS }, () => once(withSdk, mode));
  const of = (name: keyof Figures) => median(all.map((figures) => figures[name]));
  return { load: of('load'), launch: of('launch'), tap: of('tap') };
}

const found = {
  'without the SDK': measure(false, ''),
  'waiting for consent': measure(true, 'opt_in'),
  'with consent': measure(true, 'opt_out'),
};
console.log('                      load + init   20 pages + launch   a tap');
for (const [name, { load, launch, tap }] of Object.entries(found)) {
  console.log(
    `${name.padEnd(20)} ${load.toFixed(2).padStart(9)} ms ${launch.toFixed(2).padStart(16)} ms ${tap.toFixed(1).padStart(8)} µs`,
  );
}
// memory: what a thousand held events take, the most that wait for consent
global.gc?.();
const before = process.memoryUsage().heapUsed;
createHost();
delete require.cache[file];
const sdk = require(file).init({ writeKey: 'wk', endpoint: 'https://c.example' });
for (let i = 0; i < 5_000; i++) sdk.track('E', { n: i, text: 'x'.repeat(200) });
global.gc?.();
const kilobytes = Math.round((process.memoryUsage().heapUsed - before) / 1024);
console.log(
  `5,000 events tracked without a choice: ${sdk.stats().held} held, ${sdk.stats().dropped} counted as lost, ${kilobytes} KB`,
);
process.exit(0);
