/**
 * Builds what is shipped: one CommonJS file in ES5 syntax, with the shared core of sdk-js inside, its types, and the
 * consent component.
 *
 * ES5, because WeChat DevTools' own down-levelling (增强编译) may be off and old WebViews are still about; what a base
 * library brings along (Promise, Map, WeakSet, Object.entries …) is used. TypeScript lowers what esbuild has bundled.
 * Its loops over any iterable cost a kilobyte of try and finally, so a loop or a spread is rewritten to walk an array
 * first (`$list`): the same for the finite, synchronous ones that are all we have.
 */

import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build, transform } from 'esbuild';
import ts from 'typescript';

const here = fileURLToPath(new URL('.', import.meta.url));
const dist = `${here}dist`;

/**
 * Names of parts that only this file knows, shortened. None may be a name of the wire, of the public API, of the
 * platform or of the app's objects; the tests run against the built file.
 */
const INTERNAL = `
  answer asked batches changed claim clock commit delayMs delivered facts guard guarded hiddenAt inFlight isOpen
  lifecycle lose mayStore mint nudge onLeave onOnline onReturn peek person ports purge recheck release retryAfter
  setOpen setUser settle shield storage takeLost tally tooLarge undoAll nextShare shareOf
`;

function walkArrays(context) {
  const { factory } = context;
  const list = (expression) =>
    ts.isArrayLiteralExpression(expression)
      ? expression
      : factory.createCallExpression(factory.createIdentifier('$list'), undefined, [expression]);
  const visit = (given) => {
    const node = ts.visitEachChild(given, visit, context);
    if (ts.isForOfStatement(node)) {
      return factory.updateForOfStatement(
        node,
        node.awaitModifier,
        node.initializer,
        list(node.expression),
        node.statement,
      );
    }
    return ts.isSpreadElement(node) ? factory.updateSpreadElement(node, list(node.expression)) : node;
  };
  return (file) => ts.visitNode(file, visit);
}

export async function bundle(entry = `${here}src/index.ts`) {
  const made = await build({
    entryPoints: [entry],
    bundle: true,
    format: 'cjs',
    platform: 'neutral',
    target: 'es2020',
    write: false,
    mangleProps: new RegExp(`^(${INTERNAL.trim().split(/\s+/).join('|')})$`),
  });
  const source = `function $list(all) { return Array.isArray(all) ? all : Array.from(all); }\n${made.outputFiles[0].text}`;
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { target: ts.ScriptTarget.ES5, module: ts.ModuleKind.None },
    transformers: { before: [walkArrays] },
  });
  // fails if anything newer than ES5 is left
  const { code } = await transform(outputText, { minify: true, target: 'es5', legalComments: 'none' });
  return code;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await rm(dist, { recursive: true, force: true });
  await mkdir(dist, { recursive: true });
  const code = await bundle();
  await writeFile(`${dist}/firsthand.js`, code);
  await writeFile(`${dist}/index.js`, "module.exports = require('./firsthand.js');\n");
  await cp(`${here}components`, `${dist}/components`, { recursive: true });
  // for tests/integration/test_miniprogram.py, not shipped
  await build({
    entryPoints: [`${here}test/run_shop.ts`],
    outfile: `${here}build/run_shop.mjs`,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['jsdom', 'miniprogram-simulate'],
  });
  // the example opens in WeChat DevTools as it is
  await cp(dist, `${here}../examples/miniprogram/firsthand`, { recursive: true });
  console.log(`miniprogram firsthand.js  ${code.length} bytes, ${gzipSync(code, { level: 9 }).length} gzip`);
}
