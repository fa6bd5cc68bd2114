/** What the build may do to names, and what it made, if it has run. */

import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const root = new URL('../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');
const built = existsSync(new URL('dist/manifest.json', root));

it('a name that the script build shortens is no name of the wire, of the public API or of a plugin', () => {
  const [, list = ''] = /const INTERNAL = `([^`]*)`/.exec(read('build.mjs')) ?? [];
  const internal = list.trim().split(/\s+/);
  expect(internal.length).toBeGreaterThan(30);
  const [plugin = ''] = read('src/core/plugin.ts').split('export interface Plugins');
  const published = [read('src/core/protocol.ts'), read('src/core/api.ts'), plugin].join('\n');
  const clash = internal.filter((name) => new RegExp(`[\\s{]${name}\\??[:(]`).test(published));
  expect(clash).toEqual([]);
});

it.runIf(built)('the manifest is true', () => {
  const { version, banner, ...firsthand } = JSON.parse(read('dist/manifest.json'));
  expect(version).toBe(JSON.parse(read('package.json')).version);
  for (const [name, { file, sri, bytes }] of Object.entries({ firsthand, banner })) {
    const script = readFileSync(new URL(`dist/${file}`, root));
    expect(file).toBe(`${name}-${version}.js`);
    expect(sri).toBe(`sha384-${createHash('sha384').update(script).digest('base64')}`);
    expect(bytes).toBe(script.length);
  }
});
