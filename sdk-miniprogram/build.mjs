/**
 * Builds what is shipped: a CommonJS file in ES5 syntax with the shared core of sdk-js inside, one with the plugins that
 * are not on by default, their types, and the consent component.
 *
 * ES5, because WeChat DevTools' own down-levelling (增强编译) may be off and old WebViews are still about; what a base
 * library brings along (Promise, Map, WeakSet, Object.entries …) is used. esbuild bundles, `es5.mjs` lowers, `smaller.mjs`
 * makes it small, with the names of internal members shortened by the same rule as in the web SDK.
 */

import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { shortened, sourcesIn } from '../sdk-js/mangle.mjs';
import { smaller } from '../sdk-js/smaller.mjs';
import { lower } from './es5.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const dist = `${here}dist`;
const core = `${here}../sdk-js/src/core`;
// What apps, the wire, the platform and further copies of this file know by name
const PUBLIC = [
  'client',
  'hooks',
  'wx',
  'extras/collector',
  'extras/frameworks',
  'extras/privacy',
  'extras/wechat',
].map((name) => `${here}src/${name}.ts`);
const NAMES = {
  sources: [...sourcesIn(`${here}src`), ...sourcesIn(core)],
  isPublic: [...PUBLIC, ...['protocol', 'api', 'plugin'].map((name) => `${core}/${name}.ts`)],
  // it runs on no browser
  browser: /^$/,
  newer: ['is', 'exports'],
  strictly: true,
};

const FILES = { firsthand: 'entry', plugins: 'extras/entry' };

/** Both files call the same thing by the same short name: they are one program in two parts. */
const nameCache = {};

export async function bundle(entry) {
  const options = { bundle: true, format: 'cjs', platform: 'neutral', target: 'es2020', write: false };
  const { outputFiles } = await build({ ...options, entryPoints: [entry], charset: 'utf8', legalComments: 'none' });
  const code = await smaller(lower(outputFiles[0].text), {
    ecma: 5,
    toplevel: true,
    compress: {
      passes: 4,
      unsafe: true,
      unsafe_methods: true,
      pure_getters: true,
      keep_fargs: false,
      lhs_constants: false,
      pure_funcs: ['RegExp'],
    },
    nameCache,
    // `builtins`: terser spares what a DOM knows (`open`, `items`), and there is none here
    mangle: { properties: { builtins: true, regex: new RegExp(`^(${shortened(NAMES).join('|')})$`) } },
    format: { comments: false },
  });
  delete nameCache.vars;
  return code;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await rm(dist, { recursive: true, force: true });
  await mkdir(dist, { recursive: true });
  for (const [name, entry] of Object.entries(FILES)) {
    const code = await bundle(`${here}src/${entry}.ts`);
    await writeFile(`${dist}/${name}.js`, code);
    console.log(`miniprogram ${name}.js  ${code.length} bytes, ${gzipSync(code, { level: 9 }).length} gzip`);
  }
  await writeFile(`${dist}/index.js`, "module.exports = require('./firsthand.js');\n");
  // `tsc -p tsconfig.types.json` writes the types themselves
  for (const [name, entry] of Object.entries({ index: 'index', firsthand: 'index', plugins: 'extras/index' })) {
    await writeFile(`${dist}/${name}.d.ts`, `export * from './types/sdk-miniprogram/src/${entry}.js';\n`);
  }
  await cp(`${here}components`, `${dist}/components`, { recursive: true });
  const consent = `components/consent/consent.js`;
  await writeFile(`${dist}/${consent}`, lower(await readFile(`${here}${consent}`, 'utf8')));
  // for tests/integration/test_miniprogram.py and `npm run cost`, not shipped
  await build({
    entryPoints: {
      run_shop: `${here}test/run_shop.ts`,
      run_cost: `${here}test/run_cost.ts`,
      run_framework: `${here}test/run_framework.ts`,
    },
    outdir: `${here}build`,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['jsdom', 'miniprogram-simulate'],
  });
  // the example opens in WeChat DevTools as it is
  await cp(dist, `${here}../examples/miniprogram/firsthand`, { recursive: true });
}
