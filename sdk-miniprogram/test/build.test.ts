/** What is shipped: its size, its syntax, its names, and that a shortened name is nobody else's. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import { parse } from 'acorn';
import { describe, expect, it } from 'vitest';
import { delivered, names, register, type Sdk } from './boot.js';
import { createHost } from './host/host.js';
import { event } from './host/plain.js';

const dist = `${import.meta.dirname}/../dist`;
const read = (name: string) => readFileSync(`${dist}/${name}.js`, 'utf8');
const require = createRequire(import.meta.url);

it('is at most 12 kB compressed', () => {
  expect(gzipSync(read('firsthand'), { level: 9 }).length).toBeLessThanOrEqual(12_000);
});

describe.each(['firsthand', 'plugins', 'components/consent/consent'])('%s.js', (name) => {
  it('is ES5 to the letter', () => {
    expect(() => parse(read(name), { ecmaVersion: 5, sourceType: 'script' })).not.toThrow();
  });

  it('asks for nothing that blocks or warns, and evaluates no text', () => {
    expect(read(name)).not.toMatch(/getSystemInfo|\beval\b|new Function|setInterval/);
  });
});

it('the lowering refuses what it would get wrong', async () => {
  const { lower } = await import('../es5.mjs');
  const run = (source: string) => new Function(`${lower(source)}; return result;`)();
  expect(
    run('const all = new Set([1, 2]); let n = 0; for (const x of all) n += x; const result = [n, ...all, 3];'),
  ).toEqual([3, 1, 2, 3]);
  const template = 'result += `$' + '{v}!`;';
  expect(run(`const m = new Map([[1, 2]]); let result = ""; for (const v of m.values()) ${template}`)).toBe('2!');
  expect(run('const f = (a, ...b) => [a, b]; const result = f(0, ...[1, 2], 3);')).toEqual([0, [1, 2, 3]]);
  expect(run('const o = { get a() { return 1; } }; const { a, ...result } = { ...o, b: 2 };')).toEqual({ b: 2 });
  expect(run('let result = 0; for (const x of [1, 2, 3]) { if (x === 2) break; result += x; }')).toBe(1);
  expect(() => lower('async function f() { await 1; }')).toThrow(/another way/);
});

it('the built file records as the sources do', async () => {
  const host = createHost();
  const { init } = require(`${dist}/index.js`) as { init(options: object): Sdk };
  const { wechat } = require(`${dist}/plugins.js`) as { wechat(): object };
  const options = { writeKey: 'built', endpoint: 'https://c.example', consentMode: 'opt_out', plugins: [wechat()] };
  const sdk = init(options);
  register(host, { pages: { 'pages/home/home': { onTap() {}, onShareAppMessage: () => ({ title: 't' }) } } });
  host.launch('pages/home/home', { scene: 1001 });
  host.fire('onTap', event({ id: 'buy', dataset: { track: 'buy', trackSku: 'A1' } }));
  host.fire('onShareAppMessage', {});
  sdk.register({ plan: 'pro' });
  sdk.track('Viewed', { sku: 'A1' });
  const sent = await delivered({ host, sdk });
  expect(names(sent)).toEqual(['$session_start', '$app_launch', '$app_show', '$page', '$click', '$share', 'Viewed']);
  expect(sent.at(-1)).toMatchObject({
    properties: { plan: 'pro', sku: 'A1' },
    context: {
      library: { name: '@firsthand/miniprogram' },
      os: { name: 'android' },
      page: { path: '/pages/home/home' },
    },
  });
  expect(await sdk.privacy.status()).toMatchObject({ needAuthorization: true });
  sdk.close();
});
