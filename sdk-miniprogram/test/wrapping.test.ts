/** Properties of wrapping: whatever an app registers, and however it calls it, it notices nothing. */

import fc from 'fast-check';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { getHooks } from '../src/hooks.js';

type Scope = Record<string, (...args: unknown[]) => unknown>;
type Options = Record<string | symbol, unknown>;

const scope = globalThis as unknown as Scope;
let registered: Options[] = [];

beforeAll(() => {
  for (const kind of ['Page', 'Component', 'Behavior']) {
    scope[kind] = (options: unknown) => {
      registered.push(options as Options);
      return `id of ${kind}`;
    };
  }
  const hooks = getHooks();
  // what went wrong inside would only be said
  vi.spyOn(console, 'warn').mockImplementation((...said) => {
    throw new Error(said.join(' '));
  });
  hooks.watch(() => {});
});
afterAll(() => {
  vi.restoreAllMocks();
  registered = [];
});

/** Registers and gives what the platform got. */
function pass(kind: string, options: Options): Options {
  expect(scope[kind]?.(options)).toBe(`id of ${kind}`);
  return registered.pop() as Options;
}

const name = fc.oneof(
  fc.constantFrom('onTap', 'onLoad', 'onShow', 'data', 'methods', 'onShareAppMessage', '__proto_', 'constructor', 'π'),
  fc.string({ minLength: 1, maxLength: 8 }).filter((text) => text !== '__proto__'),
);
const flags = fc.record({ enumerable: fc.boolean(), configurable: fc.boolean(), writable: fc.boolean() });
const member = fc.oneof(
  fc.record({ kind: fc.constant('value' as const), value: fc.jsonValue(), flags }),
  fc.record({ kind: fc.constant('function' as const), value: fc.func(fc.jsonValue()), flags }),
  fc.record({ kind: fc.constant('accessor' as const), value: fc.jsonValue(), flags }),
);
const options = fc
  .tuple(
    fc.array(fc.tuple(name, member), { maxLength: 8 }),
    fc.constantFrom('plain', 'frozen', 'sealed', 'null', 'inherits'),
  )
  .map(([members, shape]): Options => {
    const proto = shape === 'null' ? null : shape === 'inherits' ? { onInherited: () => 'base' } : Object.prototype;
    const made: Options = Object.create(proto);
    for (const [key, { kind, value, flags: given }] of members) {
      const { enumerable, configurable } = given;
      const property = kind === 'accessor' ? { get: () => value, enumerable, configurable } : { value, ...given };
      // the first of two with one name stands, if it may not be redefined
      if (!Object.getOwnPropertyDescriptor(made, key)) Object.defineProperty(made, key, property);
    }
    made[Symbol.for('mine')] = 1;
    return shape === 'frozen' ? Object.freeze(made) : shape === 'sealed' ? Object.seal(made) : made;
  });

const describe = (of: object) => Reflect.ownKeys(of).map((key) => [key, Object.getOwnPropertyDescriptor(of, key)]);

it('the app’s object is not changed, and the platform gets one with the same prototype, order and descriptors', () => {
  fc.assert(
    fc.property(fc.constantFrom('Page', 'Component', 'Behavior'), options, (kind, given) => {
      const before = describe(given);
      const got = pass(kind, given);
      expect(describe(given)).toEqual(before);
      expect(Object.getPrototypeOf(got)).toBe(Object.getPrototypeOf(given));
      expect(Reflect.ownKeys(got)).toEqual(Reflect.ownKeys(given));
      for (const key of Reflect.ownKeys(given)) {
        const [mine, theirs] = [given, got].map((of) => Object.getOwnPropertyDescriptor(of, key) as PropertyDescriptor);
        const { value: was, ...flagsBefore } = mine as PropertyDescriptor;
        const { value: is, ...flagsAfter } = theirs as PropertyDescriptor;
        expect(flagsAfter).toEqual(flagsBefore);
        if (kind === 'Page' ? typeof was !== 'function' : key !== 'methods') expect(is).toBe(was);
      }
    }),
    { numRuns: 200 },
  );
});

it('this, arguments, result and exception pass through, at any depth of calls', () => {
  const outcome = fc.oneof(
    fc.record({ returns: fc.anything() }),
    fc.record({ throws: fc.anything() }),
  ) as fc.Arbitrary<{ returns?: unknown; throws?: unknown }>;
  fc.assert(
    fc.property(fc.array(fc.anything(), { maxLength: 5 }), outcome, fc.boolean(), (args, wanted, nested) => {
      const seen: unknown[] = [];
      function handler(this: unknown, ...given: unknown[]): unknown {
        seen.push([this, given]);
        if ('throws' in wanted) throw wanted.throws;
        return wanted.returns;
      }
      const got = pass('Page', {
        handler,
        outer(this: { handler(...all: unknown[]): unknown }, ...given: unknown[]) {
          return this.handler(...given);
        },
      }) as unknown as Record<string, (...all: unknown[]) => unknown>;
      let result: unknown;
      let thrown: unknown;
      try {
        result = got[nested ? 'outer' : 'handler']?.(...args);
      } catch (error) {
        thrown = error;
      }
      expect(seen).toHaveLength(1);
      const [self, given] = seen[0] as [unknown, unknown[]];
      expect(self).toBe(got);
      expect(given).toHaveLength(args.length);
      for (const [i, argument] of args.entries()) expect(Object.is(given[i], argument)).toBe(true);
      expect(Object.is(result, wanted.returns)).toBe(true);
      expect(Object.is(thrown, wanted.throws)).toBe(true);
    }),
    { numRuns: 200 },
  );
});

it('a function keeps its name, its length and what hangs on it, and is wrapped once', () => {
  function onTap(_a: unknown, _b: unknown) {}
  const debounced = Object.assign(onTap, { cancel: () => 'cancelled', wait: 50 });
  const once = pass('Page', { onTap: debounced });
  const wrapped = once.onTap as typeof debounced;
  expect([wrapped.name, wrapped.length, wrapped.wait, wrapped.cancel()]).toEqual(['onTap', 2, 50, 'cancelled']);
  expect(pass('Page', { onTap: wrapped }).onTap).toBe(wrapped);
});

it('what is no options object is handed on as it is: builders, strings, nothing', () => {
  for (const given of [undefined, null, 'wx://form-field', 7]) expect(pass('Behavior', given as never)).toBe(given);
});

it('constructors keep what hangs on them (Behavior.trait), and a second copy of the SDK wraps nothing', async () => {
  const trait = () => 'trait';
  const original = Object.assign(() => undefined, { trait });
  const before = scope.Behavior;
  vi.resetModules();
  for (const kind of ['Page', 'Component', 'Behavior']) scope[kind] = original as never;
  const first = (await import('../src/hooks.js')).getHooks();
  const wrapped = scope.Behavior;
  expect((wrapped as unknown as typeof original).trait).toBe(trait);
  vi.resetModules();
  const second = (await import('../src/hooks.js')).getHooks();
  expect(scope.Behavior).toBe(wrapped);
  expect(second).toBe(first);
  scope.Behavior = before as never;
});
