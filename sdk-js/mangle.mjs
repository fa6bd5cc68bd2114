/**
 * Which property names the script build may shorten: names that the types in our own sources declare, and that
 * are no name of the platform, of the wire, of the public API or of anything in a string.
 *
 * Nothing is listed by hand. The platform's names are all that TypeScript's libraries declare (of the browser's those that are
 * written in any file outside `core/`, because the core knows no browser and is compiled without one), the wire's and the
 * API's all that stand in the files below. What is kept on the device is kept in lists and strings, never under
 * names, so that the next build may shorten differently and still read it.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const here = fileURLToPath(new URL('.', import.meta.url));
const PUBLIC = ['core/protocol', 'core/api', 'core/plugin', 'browser/web', 'browser/snippet'];
// Members that browsers have and TypeScript's libraries do not (yet)
const NEWER = [
  ...['globalPrivacyControl', 'connection', 'effectiveType', 'prerendering', 'navigation', 'scheduler', 'q'],
  ...['Temporal', 'Now', 'timeZoneId'],
];

const parse = (file) => ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022, true);

function visit(node, found) {
  found(node);
  ts.forEachChild(node, (child) => visit(child, found));
}

/** Names of members that a file's types declare. What only stands in an object literal may be of the wire. */
function declared(file) {
  const names = new Set();
  visit(parse(file), (node) => {
    const isMember = ts.isPropertySignature(node) || ts.isMethodSignature(node) || ts.isGetAccessor(node);
    if (isMember && ts.isIdentifier(node.name)) names.add(node.name.text);
  });
  return names;
}

/** Names of members that a file writes down in any way: read, made, taken out of an object, declared. */
function written(file) {
  const names = new Set();
  visit(parse(file), (node) => {
    if (ts.isIdentifier(node) && !ts.isTypeReferenceNode(node.parent)) names.add(node.text);
  });
  return names;
}

function platform(libraries) {
  const names = new Set();
  const lib = dirname(ts.getDefaultLibFilePath({}));
  for (const name of readdirSync(lib).filter((file) => libraries.test(file))) {
    for (const one of declared(`${lib}/${name}`)) names.add(one);
  }
  return names;
}

/** Names of files that are imported, and texts that are types, are gone before the program runs; what is public is picked by such types. */
const isSpoken = ({ parent }) =>
  !ts.isImportDeclaration(parent) && !ts.isExportDeclaration(parent) && !ts.isLiteralTypeNode(parent);

/** Words inside strings and templates, with their dots: what is looked up by text must keep its name. */
function spoken(file, isPublic) {
  const words = new Set();
  visit(parse(file), (node) => {
    if ((ts.isStringLiteralLike(node) || ts.isTemplateHead(node)) && (isPublic || isSpoken(node))) {
      for (const word of node.text.match(/\w+/g) || []) words.add(word);
    }
  });
  return words;
}

/** All TypeScript files below a folder. */
export const sourcesIn = (folder) =>
  readdirSync(folder, { recursive: true })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `${folder}/${file}`);

/**
 * The names, for the web SDK unless told otherwise: `sources` the files whose members may be shortened, `isPublic` those whose
 * members keep their names, `strictly` if those too may be picked by such types, because no part is built apart, `libraries`
 * TypeScript's own that describe the language, `browser` those that describe what only files outside `core/` use, `newer` what those lack.
 */
export function shortened({
  // the others are built on their own, with names as they stand
  sources = ['core', 'browser', 'plugins'].flatMap((folder) => sourcesIn(`${here}src/${folder}`)),
  isPublic = PUBLIC.map((name) => `${here}src/${name}.ts`),
  libraries = /^lib\.es\d+[\w.]*d\.ts$/,
  browser = /^lib\.dom[\w.]*d\.ts$/,
  newer = NEWER,
  strictly = false,
} = {}) {
  const kept = new Set([...platform(libraries), ...newer]);
  const outside = new Set(sources.filter((file) => !file.includes('/core/')).flatMap((file) => [...written(file)]));
  for (const one of platform(browser)) if (outside.has(one)) kept.add(one);
  for (const file of isPublic) for (const one of declared(file)) kept.add(one);
  for (const file of sources) for (const word of spoken(file, !strictly && isPublic.includes(file))) kept.add(word);
  const names = new Set(sources.flatMap((file) => [...declared(file)]));
  return [...names].filter((name) => !kept.has(name)).sort();
}
