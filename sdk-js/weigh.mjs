/**
 * What each autotrack plugin adds to the script, gzipped, in bytes: the whole script less the script without it. What several
 * share (how an element is described) is in none of the figures. By esbuild alone, so that it takes a second for all of them.
 *
 * `node weigh.mjs` also says what the parts of the smallest script are: that script as it is shipped, less the same with nothing
 * in the part's files.
 */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { tagOf } from './tag.mjs';

const src = fileURLToPath(new URL('./src', import.meta.url));

const gzipped = (script) => gzipSync(script, { level: 9 }).length;

/** For esbuild: nothing is in these files (`core/tabs`), and what they export is 0. */
const without = (files) => ({
  name: 'without',
  setup({ onLoad }) {
    const empty = ({ path }) => {
      const names = readFileSync(path, 'utf8').matchAll(/^export (?:const|function) (\w+)/gm);
      return { contents: [...names].map(([, name]) => `export const ${name} = 0;`).join('') };
    };
    for (const file of files) onLoad({ filter: new RegExp(`/${file}\\.ts$`) }, empty);
  },
});

/** Gzipped bytes of the script, without what is in these files. */
async function size(files) {
  const { outputFiles } = await build({
    entryPoints: [`${src}/browser/script.full.ts`],
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2020',
    write: false,
    plugins: [without(files)],
  });
  return gzipped(outputFiles[0].contents);
}

/** `{ file: bytes }` for each plugin of the list in `plugins/index.ts`. */
export async function pluginSizes() {
  const list = readFileSync(`${src}/plugins/index.ts`, 'utf8');
  const imports = [...list.matchAll(/import \{ \w+ \} from '\.\/(\w+)\.js'/g)];
  const whole = await size([]);
  const sizes = {};
  for (const [, file] of imports) sizes[file] = whole - (await size([`plugins/${file}`]));
  return sizes;
}

const PARTS = {
  'what is said of an element, clicks': ['plugins/element', 'plugins/selector', 'plugins/clicks'],
  'consent: the gate': ['core/gate'],
  'addresses and titles cleaned': ['core/scrub'],
  'time on the page': ['plugins/page_leave'],
  'page views': ['plugins/pageview', 'plugins/route'],
  'several tabs': ['core/tabs'],
  'the id in a cookie': ['browser/cookie'],
  sessions: ['core/session'],
  'nothing is thrown into the page': ['core/guard'],
  'registered properties, stopwatches': ['core/registry'],
  'a leave that survives a kill': ['core/draft'],
  'losses counted': ['core/tally'],
};

/** Gzipped bytes of the smallest script as it is shipped, without what is in these files. */
const core = async (files) => gzipped(await tagOf('script.core', [without(files)]));

async function partSizes() {
  const whole = await core([]);
  const sizes = { 'all of it': whole };
  for (const [part, files] of Object.entries(PARTS)) sizes[part] = whole - (await core(files));
  sizes['all of it without any of these'] = await core(Object.values(PARTS).flat());
  return sizes;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.table(await pluginSizes());
  console.table(await partSizes());
}
