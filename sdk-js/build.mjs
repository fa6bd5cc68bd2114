/**
 * Builds what is shipped: the script tag (one file, no modules), the ES modules with one entry a plugin,
 * and a manifest with the name, size and integrity hash of the script, from which it is served.
 */

import { createHash } from 'node:crypto';
import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const here = fileURLToPath(new URL('.', import.meta.url));
const { version } = JSON.parse(await readFile(`${here}package.json`, 'utf8'));
const src = (name) => `${here}src/${name}.ts`;
const dist = `${here}dist`;

/**
 * Names of the core's own parts, shortened in the script build (a quarter of a kilobyte). None may be a name
 * of the wire, of the public API or of the platform; `test/build.test.ts` checks what can be checked.
 */
const INTERNAL = `
  action answer asked authority batches bytes changed claim clock commit current decide delayMs
  delivered facts guard hold http inFlight isOpen items lifecycle lose mayStore mint nudge onLeave
  onOnline onReturn online peek person ports post purge recalled recheck release resume retryAfter
  scheme setOpen setUser settle shield storage takeLost tally tooLarge undoAll watch wrap
`;

await rm(dist, { recursive: true, force: true });
await build({
  entryPoints: [src('browser/script')],
  outfile: `${dist}/firsthand.js`,
  bundle: true,
  minify: true,
  format: 'iife',
  target: 'es2018',
  legalComments: 'none',
  mangleProps: new RegExp(`^(${INTERNAL.trim().split(/\s+/).join('|')})$`),
});
// The banner draws with private fields and constructable sheets, which browsers have since 2021 and 2023; one that is
// older shows no banner, so nobody agrees and nothing is tracked. UTF-8, because half of it is words
await build({
  entryPoints: [src('banner/script')],
  outfile: `${dist}/banner.js`,
  bundle: true,
  minify: true,
  format: 'iife',
  target: 'es2022',
  charset: 'utf8',
  legalComments: 'none',
});
await build({
  entryPoints: {
    index: src('browser/index'),
    bare: src('browser/bare'),
    'banner/index': src('banner/index'),
    'plugins/index': src('plugins/index'),
    'plugins/pageview': src('plugins/pageview'),
    'plugins/clicks': src('plugins/clicks'),
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

// for tests/contract/driver.py, not shipped
await build({
  entryPoints: [`${here}test/adapter.ts`],
  outfile: `${here}build/adapter.mjs`,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
});

/** A copy under a name with the version, for ever the same, and what a page needs to pin it. */
async function published(name) {
  const script = await readFile(`${dist}/${name}.js`);
  const file = `${name}-${version}.js`;
  await copyFile(`${dist}/${name}.js`, `${dist}/${file}`);
  const sri = `sha384-${createHash('sha384').update(script).digest('base64')}`;
  const made = { file, sri, bytes: script.length, gzip: gzipSync(script, { level: 9 }).length };
  console.log(`${file}  ${made.bytes} bytes, ${made.gzip} gzip\n${sri}`);
  return made;
}

const manifest = { version, ...(await published('firsthand')), banner: await published('banner') };
await writeFile(`${dist}/manifest.json`, `${JSON.stringify(manifest, null, 2)}\n`);
