/** A script tag as it is shipped: bundled by esbuild, made small, and compiled early. */

import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { shortened } from './mangle.mjs';
import { smaller } from './smaller.mjs';

const browser = fileURLToPath(new URL('./src/browser', import.meta.url));

/** Options of `smaller`, with the names of internal members shortened. */
export const SMALL = {
  ecma: 2020,
  toplevel: true,
  compress: { passes: 6, inline: 1, unsafe_arrows: true, pure_getters: true, keep_fargs: false },
  // `builtins`: terser would spare all that a DOM knows, also where there is none
  mangle: { properties: { builtins: true, regex: new RegExp(`^(${shortened().join('|')})$`) } },
  format: { comments: false, ascii_only: true },
};

/**
 * Nearly every function runs as the page starts: Chromium then compiles all of them beside the page's thread, while the script
 * arrives, instead of each on it as it is called (https://github.com/WICG/explicit-javascript-compile-hints-file-based).
 */
export const EAGER = '//# allFunctionsCalledOnLoad\n';

/** `let` for every `const`: one word that repeats is smaller than two, and the compiler has checked by then what is constant. */
const sameWord = (text) => text.replace(/^(\s*)const /gm, '$1let ').replace(/\bfor \(const /g, 'for (let ');

/** The script of `src/browser/<entry>.ts`; `plugins`: of esbuild. */
export async function tagOf(entry, plugins = []) {
  const { outputFiles } = await build({
    entryPoints: [`${browser}/${entry}.ts`],
    bundle: true,
    format: 'iife',
    target: 'es2020',
    legalComments: 'none',
    charset: 'ascii',
    write: false,
    plugins,
  });
  return EAGER + (await smaller(sameWord(outputFiles[0].text), SMALL));
}
