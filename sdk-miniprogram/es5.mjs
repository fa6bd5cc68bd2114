/**
 * ES2020 to ES5, by TypeScript, without its helpers. They cost a kilobyte and a half for generality that we do not use:
 *
 *   for (const x of all)      walks an array: `$list(all)` makes one of any iterable. TypeScript's way is try and finally
 *   f(...all), [a, ...all]    the same, by `concat`
 *   `a${b}`                   `+`
 *   { a, ...b }               `Object.assign`, which every base library has
 *   { a, ...rest } = b         a helper of four lines, for plain objects
 *   (a, ...rest) => {}         `slice` of `arguments`; an arrow function becomes one that has its own
 *   a?.b                       `a && a.b`: what we ask this way is an object, a function or nothing at all
 *   async, generators         refused: a state machine costs more than the promise chain that says the same
 */

import ts from 'typescript';

const { factory: make } = ts;
const name = (text) => make.createIdentifier(text);
const call = (of, ...given) => make.createCallExpression(of, undefined, given);
const member = (of, text) => make.createPropertyAccessExpression(of, text);

const OWN = `
function $list(all) { return Array.isArray(all) ? all : Array.from(all); }
function __rest(of, names) {
  var rest = {};
  for (var name in of) if (names.indexOf(name) < 0) rest[name] = of[name];
  return rest;
}
`;

export function lower(source) {
  const { outputText } = ts.transpileModule((/\bof \b|\.\.\./.test(source) ? OWN : '') + source, {
    compilerOptions: { target: ts.ScriptTarget.ES5, module: ts.ModuleKind.None, noEmitHelpers: true },
    transformers: { before: [walks] },
  });
  const helper = /__(awaiter|generator|spreadArray|read|values|assign|extends)\b/.exec(outputText);
  if (helper) throw new Error(`es5.mjs has no way for what needs ${helper[0]}; write it another way`);
  return outputText;
}

/** Loops, spreads, object spreads and templates. */
function walks(context) {
  const list = (expression) => (ts.isArrayLiteralExpression(expression) ? expression : call(name('$list'), expression));
  const visit = (given) => {
    const node = ts.visitEachChild(ts.isOptionalChain(given) ? unchained(given, context) : given, visit, context);
    if (ts.isForOfStatement(node)) {
      const { initializer, statement, expression } = node;
      if (!leaves(statement)) return each(node, list);
      return make.updateForOfStatement(node, undefined, initializer, list(expression), statement);
    }
    if (ts.isArrayLiteralExpression(node) && node.elements.some(ts.isSpreadElement)) return joined(node.elements, list);
    if (ts.isObjectLiteralExpression(node) && node.properties.some(ts.isSpreadAssignment)) {
      return assigned(node.properties);
    }
    const isFunction = ts.isFunctionExpression(node) || (ts.isArrowFunction(node) && !reaches(node.body));
    if (isFunction && node.parameters.at(-1)?.dotDotDotToken) return collecting(node);
    if (ts.isCallExpression(node) && node.arguments.some(ts.isSpreadElement)) {
      const all = node.arguments.length > 1 ? joined(node.arguments, list) : list(node.arguments[0].expression);
      return make.updateCallExpression(node, node.expression, undefined, [make.createSpreadElement(all)]);
    }
    return ts.isTemplateExpression(node) ? added(node) : node;
  };
  return (file) => ts.visitNode(file, visit);
}

/** May be said twice: a name, or a member of one. */
const isPlain = (node) => ts.isIdentifier(node) || (ts.isPropertyAccessExpression(node) && isPlain(node.expression));

/** `a?.b.c` as `a && a.b.c`; what is no plain name is kept in a variable: `(t = a()) && t.b`. */
function unchained(node, context) {
  const links = [node];
  while (!links.at(-1).questionDotToken) links.push(links.at(-1).expression);
  const { expression } = links.at(-1);
  const base = isPlain(expression) ? expression : make.createTempVariable(context.hoistVariableDeclaration);
  const asked =
    base === expression ? base : make.createParenthesizedExpression(make.createAssignment(base, expression));
  let made = base;
  for (const link of links.reverse()) {
    if (ts.isCallExpression(link)) made = make.createCallExpression(made, undefined, link.arguments);
    else if (ts.isElementAccessExpression(link)) {
      made = make.createElementAccessExpression(made, link.argumentExpression);
    } else made = make.createPropertyAccessExpression(made, link.name);
  }
  return make.createParenthesizedExpression(make.createLogicalAnd(asked, made));
}

/** `function (a, ...rest) { … }` with `var rest = [].slice.call(arguments, 1)`. */
function collecting(node) {
  const [own, rest] = [node.parameters.slice(0, -1), node.parameters.at(-1)];
  const slice = member(member(make.createArrayLiteralExpression([]), 'slice'), 'call');
  const from = own.length ? [make.createNumericLiteral(own.length)] : [];
  const made = make.createVariableDeclaration(rest.name, undefined, undefined, call(slice, name('arguments'), ...from));
  const statements = ts.isBlock(node.body) ? node.body.statements : [make.createReturnStatement(node.body)];
  const body = make.createBlock([make.createVariableStatement(undefined, [made]), ...statements]);
  return make.createFunctionExpression(undefined, undefined, node.name, undefined, own, undefined, body);
}

/** Does an arrow function use what the function around it has? */
function reaches(body) {
  let found = false;
  const look = (node) => {
    if (node.kind === ts.SyntaxKind.ThisKeyword || (ts.isIdentifier(node) && node.text === 'arguments')) found = true;
    else if (ts.isArrowFunction(node) || !ts.isFunctionLike(node)) ts.forEachChild(node, look);
  };
  look(body);
  return found;
}

/** Does the body of a loop end it, or the function around it? */
function leaves(body) {
  let found = false;
  const look = (node) => {
    if (ts.isBreakOrContinueStatement(node) || ts.isReturnStatement(node)) found = true;
    else if (!ts.isFunctionLike(node)) ts.forEachChild(node, look);
  };
  look(body);
  return found;
}

/** `all.forEach(…)`: a third shorter than the loop. Arrays and Sets have it, iterators do not. */
function each({ initializer, statement, expression }, list) {
  const isIterator =
    ts.isCallExpression(expression) && /\b(values|keys|entries)$/.test(expression.expression.name?.text || '');
  const ofObject = isIterator && expression.expression.expression.text === 'Object';
  const all = isIterator && !ofObject ? list(expression) : expression;
  const { name: binding } = initializer.declarations[0];
  const body = ts.isBlock(statement) ? statement : make.createBlock([statement]);
  const parameters = [make.createParameterDeclaration(undefined, undefined, binding)];
  const run = make.createArrowFunction(undefined, undefined, parameters, undefined, undefined, body);
  return make.createExpressionStatement(call(member(make.createParenthesizedExpression(all), 'forEach'), run));
}

/** `a${b}c` as `'a' + b + 'c'`: the same for the texts and numbers that we put into templates. */
function added({ head, templateSpans }) {
  let sum = make.createStringLiteral(head.text);
  const plus = (right) => {
    sum = make.createBinaryExpression(sum, ts.SyntaxKind.PlusToken, right);
  };
  for (const { expression, literal } of templateSpans) {
    plus(make.createParenthesizedExpression(expression));
    if (literal.text) plus(make.createStringLiteral(literal.text));
  }
  return make.createParenthesizedExpression(sum);
}

function joined(elements, list) {
  const parts = runs(
    elements,
    ts.isSpreadElement,
    (spread) => list(spread.expression),
    make.createArrayLiteralExpression,
  );
  return call(member(make.createArrayLiteralExpression([]), 'concat'), ...parts);
}

function assigned(properties) {
  const parts = runs(
    properties,
    ts.isSpreadAssignment,
    (spread) => spread.expression,
    make.createObjectLiteralExpression,
  );
  const first = ts.isObjectLiteralExpression(parts[0]) ? [] : [make.createObjectLiteralExpression([])];
  return call(member(name('Object'), 'assign'), ...first, ...parts);
}

/** Neighbours that are not spread become one literal. */
function runs(all, isSpread, ofSpread, literal) {
  const parts = [];
  let run = [];
  const close = () => {
    if (run.length) parts.push(literal(run));
    run = [];
  };
  for (const each of all) {
    if (isSpread(each)) {
      close();
      parts.push(ofSpread(each));
    } else run.push(each);
  }
  close();
  return parts;
}
