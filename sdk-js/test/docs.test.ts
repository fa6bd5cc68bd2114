/** The page of the web SDK says every option and every plugin, and none that is not there. */

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { errors } from '../src/plugins/errors.js';
import { PLUGINS } from '../src/plugins/index.js';
import { vitals } from '../src/plugins/vitals.js';

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
