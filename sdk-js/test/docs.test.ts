/** The page of the web SDK says every option and every plugin, and none that is not there. */

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { errors } from '../src/plugins/errors.js';
import { PLUGINS } from '../src/plugins/index.js';
import { vitals } from '../src/plugins/vitals.js';
// @ts-expect-error: the build is plain JavaScript
import { pluginSizes } from '../weigh.mjs';

const root = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');
const page = read('docs/web.md');
const NOT_GIVEN = ['library', 'log'];

function members(path: string, name: string): string[] {
  const [, body = ''] = new RegExp(`export interface ${name}[^{]*\\{([\\s\\S]*?)\\n\\}`).exec(read(path)) ?? [];
  return [...body.matchAll(/^ {2}(\w+)\??:/gm)].map(([, option = '']) => option);
}

const column = (title: string) =>
  [...(page.split(`\n## ${title}\n`)[1]?.split('\n## ')[0] ?? '').matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name);

it('every option', () => {
  const options = new Set([
    ...members('sdk-js/src/core/api.ts', 'ClientOptions'),
    ...members('sdk-js/src/browser/web.ts', 'InitOptions'),
  ]);
  expect(options.size).toBeGreaterThan(15);
  expect(column('Options').sort()).toEqual([...options].filter((name) => !NOT_GIVEN.includes(name)).sort());
});

it('every plugin', () => {
  const names = [...PLUGINS, errors, vitals].map((make) => make().name);
  expect(column('What is recorded by itself').sort()).toEqual(names.sort());
});

it('what each plugin weighs', async () => {
  const said = Object.fromEntries(
    [...page.matchAll(/^\| `(\w+)` \| [^|]* \| (\d+) \|/gm)].map(([, name = '', bytes]) => [name, Number(bytes)]),
  );
  const measured: Record<string, number> = await pluginSizes();
  expect(Object.keys(said).sort()).toEqual(Object.keys(measured).sort());
  for (const [name, bytes] of Object.entries(measured)) {
    // compressed sizes move by a few bytes with whatever else is in the script
    expect(Math.abs(bytes - (said[name] ?? 0)), `${name}: ${bytes} bytes, docs/web.md says ${said[name]}`).toBeLessThan(
      30,
    );
  }
});
