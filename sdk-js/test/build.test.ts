/** What the build may do to names, and what it made, if it has run. */

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
// @ts-expect-error: the build is plain JavaScript
import * as mangle from '../mangle.mjs';

const root = new URL('../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');
const built = existsSync(new URL('dist/manifest.json', root));

it('a name that the script build shortens is no name of the wire, of the public API, of a plugin or of the platform', () => {
  const internal: string[] = mangle.shortened();
  expect(internal.length).toBeGreaterThan(25);
  const published = ['core/protocol', 'core/api', 'core/plugin'].map((file) => read(`src/${file}.ts`)).join('\n');
  expect(internal.filter((name) => new RegExp(`^\\s+${name}\\??[:(]`, 'm').test(published))).toEqual([]);
  // what is only written down where a message or an answer is made or read
  const wire = [
    'batch',
    'writeKey',
    'sentAt',
    'messageId',
    'categoryPreferences',
    'receiptId',
    'rejected',
    'reasons',
    'count',
  ];
  const ours = [
    'engagedMs',
    'maxScroll',
    'duration',
    'selector',
    'stability',
    'ifAvailable',
    'keepalive',
    'effectiveType',
  ];
  expect(internal.filter((name) => [...wire, ...ours].includes(name))).toEqual([]);
});

it.runIf(built)('the manifest is true', () => {
  const { version, file, sri, bytes, gzip, brotli, core, ...others } = JSON.parse(read('dist/manifest.json'));
  expect(version).toBe(JSON.parse(read('package.json')).version);
  const parts = readdirSync(new URL('src/extras', root)).map((name) => name.replace('.ts', ''));
  expect(gzip).toBeGreaterThan(brotli);
  expect(Object.keys(others).sort()).toEqual(['banner', ...parts].sort());
  // what the script can ask for is what the collector serves
  const [, served = ''] = /PARTS = \{([^}]*)\}/.exec(read('../collector/routes/sdk.py')) ?? [];
  expect(served.match(/[\w.]+/g)?.sort()).toEqual(['firsthand.core', ...parts].sort());
  const scripts: Record<string, { file: string; sri: string; bytes: number }> = {
    firsthand: { file, sri, bytes },
    'firsthand.core': core,
    ...others,
  };
  for (const [name, made] of Object.entries(scripts)) {
    const script = readFileSync(new URL(`dist/${made.file}`, root));
    expect(made.file).toBe(`${name}-${version}.js`);
    expect(made.sri).toBe(`sha384-${createHash('sha384').update(script).digest('base64')}`);
    expect(made.bytes).toBe(script.length);
    // any page may serve it, whatever its encoding
    if (name.startsWith('firsthand')) expect(/[^\x20-\x7e\n]/.test(script.toString('latin1'))).toBe(false);
  }
});

it
  .runIf(built)
  .each(
    (JSON.parse(read('package.json'))['size-limit'] as { path: string; limit: string }[]).map(({ path, limit }) => [
      path,
      limit,
    ]),
  )('%s is at most %s, compressed', (path, limit) => {
  // the same measure as `npm run size`, which prints it as a table
  const script = readFileSync(new URL(path, root));
  expect(gzipSync(script, { level: 9 }).length).toBeLessThanOrEqual(Number.parseFloat(limit) * 1_000);
});

it.runIf(built)(
  'what a page loads at once says in its first line that it may be compiled early, and is ASCII where it can be',
  () => {
    for (const name of ['firsthand', 'firsthand.core', 'banner']) {
      const script = read(`dist/${name}.js`);
      expect(script.split('\n')[0], name).toBe('//# allFunctionsCalledOnLoad');
      if (name !== 'banner') expect(script, name).toMatch(/^[\x20-\x7e\n]+$/);
    }
  },
);
