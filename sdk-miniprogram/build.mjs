/** One CommonJS file, as WeChat's npm builder wants it, with the shared core of sdk-js inside. */

import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = fileURLToPath(new URL('.', import.meta.url));
await build({
  entryPoints: [`${here}src/index.ts`],
  outfile: `${here}dist/index.js`,
  bundle: true,
  format: 'cjs',
  platform: 'neutral',
  target: 'es2017',
});
