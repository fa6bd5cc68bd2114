/**
 * Builds what is shipped: the script tags (one file each, no modules), the ES modules with one entry a plugin,
 * and a manifest with the name, size and integrity hash of each script, from which they are served.
 *
 * The scripts are bundled by esbuild and made small (`smaller.mjs`), with the names of internal members shortened
 * (`mangle.mjs` says which). They are ASCII, so that a page in any encoding may serve them.
 */

import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { smaller } from './smaller.mjs';
import { EAGER, SMALL, tagOf } from './tag.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const { version } = JSON.parse(await readFile(`${here}package.json`, 'utf8'));
const src = (name) => `${here}src/${name}.ts`;
const dist = `${here}dist`;
/** Scripts by the name they are served under. */
const SCRIPTS = { firsthand: 'script.full', 'firsthand.core': 'script.core' };

await rm(dist, { recursive: true, force: true });
await mkdir(dist);
for (const [name, entry] of Object.entries(SCRIPTS)) await writeFile(`${dist}/${name}.js`, await tagOf(entry));
// The banner draws with private fields and constructable sheets, which browsers have since 2021 and 2023; one that is
// older shows no banner, so nobody agrees and nothing is tracked. UTF-8, because half of it is words. Its names
// are not shortened: nearly all are of the policy or of the SDK
const banner = { entryPoints: [src('banner/script')], bundle: true, format: 'iife', target: 'es2022', write: false };
const drawn = await build({ ...banner, legalComments: 'none', charset: 'utf8', minify: true });
const plainly = {
  ...SMALL,
  compress: { passes: 2, unsafe_arrows: true, reduce_funcs: false, inline: 1 },
  mangle: true,
  format: { comments: false },
};
await writeFile(`${dist}/banner.js`, EAGER + (await smaller(drawn.outputFiles[0].text, plainly)));

const plugins = (await readdir(`${here}src/plugins`)).map((file) => file.replace('.ts', ''));
await build({
  entryPoints: {
    index: src('browser/index'),
    bare: src('browser/bare'),
    'banner/index': src('banner/index'),
    ...Object.fromEntries(plugins.map((name) => [`plugins/${name}`, src(`plugins/${name}`)])),
  },
  outdir: dist,
  bundle: true,
  splitting: true,
  format: 'esm',
  target: 'es2020',
});
// Each alone in its file: a site loads the one adapter whose platform it has
const ADAPTERS = ['c15t', 'cookieconsent', 'google', 'gpp', 'klaro', 'onetrust', 'tcf'];
await build({
  entryPoints: Object.fromEntries(ADAPTERS.map((name) => [`adapters/${name}`, src(`adapters/${name}`)])),
  outdir: dist,
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2020',
});
for (const name of ADAPTERS) {
  const file = `${dist}/adapters/${name}.js`;
  await writeFile(file, await smaller(await readFile(file, 'utf8'), { ...plainly, module: true }));
}

// What the script tag loads when asked to: modules, each whole in its file
const EXTRAS = (await readdir(`${here}src/extras`)).map((file) => file.replace('.ts', ''));
await build({
  entryPoints: Object.fromEntries(EXTRAS.map((name) => [name, src(`extras/${name}`)])),
  outdir: dist,
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2020',
  legalComments: 'none',
});

// for tests/contract/driver.py, not shipped; its names are shortened as the script's are, so that the scenarios prove those
const driven = await build({
  entryPoints: [`${here}test/adapter.ts`],
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  write: false,
});
const adapter = await smaller(driven.outputFiles[0].text, { ...SMALL, module: true });
await mkdir(`${here}build`, { recursive: true });
await writeFile(`${here}build/adapter.mjs`, adapter);

/** A copy under a name with the version, for ever the same, and what a page needs to pin it. */
async function published(name) {
  const script = await readFile(`${dist}/${name}.js`);
  const file = `${name}-${version}.js`;
  await copyFile(`${dist}/${name}.js`, `${dist}/${file}`);
  const sri = `sha384-${createHash('sha384').update(script).digest('base64')}`;
  const gzip = gzipSync(script, { level: 9 }).length;
  const made = { file, sri, bytes: script.length, gzip, brotli: brotliCompressSync(script).length };
  console.log(`${file}  ${made.bytes} bytes, ${made.gzip} gzip, ${made.brotli} brotli\n  integrity="${sri}"`);
  return made;
}

const made = {};
for (const name of ['firsthand', 'firsthand.core', 'banner', ...EXTRAS]) made[name] = await published(name);
const { firsthand, 'firsthand.core': core, ...others } = made;
await writeFile(`${dist}/manifest.json`, `${JSON.stringify({ version, ...firsthand, core, ...others }, null, 2)}\n`);
