/**
 * What each autotrack plugin adds to the script, gzipped, in bytes: the whole script less the script without it. What several
 * share (how an element is described) is in none of the figures. By esbuild alone, so that it takes a second for all of them.
 */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const src = fileURLToPath(new URL('./src', import.meta.url));

/** Gzipped bytes of the script, without the plugin of this file and export. */
async function size(file, name) {
  const { outputFiles } = await build({
    entryPoints: [`${src}/browser/script.full.ts`],
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2020',
    write: false,
    plugins: [
      {
        name: 'without',
        setup: ({ onLoad }) =>
          onLoad({ filter: new RegExp(`/plugins/${file}\\.ts$`) }, () => ({ contents: `export const ${name} = 0;` })),
      },
    ],
  });
  return gzipSync(outputFiles[0].contents, { level: 9 }).length;
}

/** `{ file: bytes }` for each plugin of the list in `plugins/index.ts`. */
export async function pluginSizes() {
  const list = readFileSync(`${src}/plugins/index.ts`, 'utf8');
  const imports = [...list.matchAll(/import \{ (\w+) \} from '\.\/(\w+)\.js'/g)];
  const whole = await size(' ', '');
  const sizes = {};
  for (const [, name, file] of imports) sizes[file] = whole - (await size(file, name));
  return sizes;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.table(await pluginSizes());
