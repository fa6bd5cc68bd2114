/**
 * Makes a script small, in two passes: terser shortens the names of internal members and folds what is said twice, UglifyJS
 * takes what it leaves, which is some two per cent more, gzipped. Neither is told to assume what a page may change.
 */

import { minify } from 'terser';
import { minify as again } from 'uglify-js';

/** `options`: terser's. Throws what either says of the text. */
export async function smaller(text, options) {
  const { code } = await minify(text, options);
  const { module = false, toplevel = false, format = {} } = options;
  const last = again(code, {
    ...{ module, toplevel },
    // `varify`: a `var` beside many `let` costs more than it saves
    compress: { passes: 4, inline: 1, varify: false },
    output: { ascii_only: format.ascii_only === true },
  });
  if (last.error) throw last.error;
  return last.code;
}
