/**
 * The only place that wraps Page, Component and Behavior. It decides nothing: it lets plugins watch the app's own
 * functions being called. App is left alone: `wx.onAppShow` and its kind say all there is to know.
 *
 * What the app must never notice. Its options objects are not changed: each is copied with prototype, order
 * and property descriptors (so a frozen one works), and only function values differ. A wrapper passes `this`,
 * arguments, result and exception through, keeps name, length and own properties (`debounced.cancel`), and
 * costs a function call when nobody watches. What goes wrong in here leaves the app's own object in place.
 *
 * One set of hooks in a JavaScript context, however many copies of this file are in it (npm duplicate,
 * sub-package, second vendor who bundles us): the first copy leaves itself on the wrapped constructor and the
 * others join it. So nothing is wrapped twice and nothing counted twice.
 *
 * Not seen, because no public API shows it: WXS handlers, methods added by a `definitionFilter`, and
 * glass-easel's builder style (`Component().init(…)`).
 */

import { subscribe } from '../../sdk-js/src/core/guard.js';
import type { Undo } from '../../sdk-js/src/core/ports.js';

export type Anything = (this: unknown, ...args: unknown[]) => unknown;
export type Kind = 'Page' | 'Component' | 'Behavior';

/** One call of a function of the app. `outer`: the wrapped function that is calling it. */
export interface Invocation {
  kind: Kind;
  name: string;
  self: unknown;
  args: ArrayLike<unknown>;
  outer: Invocation | null;
}

/** Runs before the function. What it returns, if anything, gets the result and says what to return instead. */
// biome-ignore lint/suspicious/noConfusingVoidType: most watchers have nothing to say about results
export type Watcher = (call: Invocation) => void | ((result: unknown) => unknown);

export interface Hooks {
  watch(watcher: Watcher): Undo;
  /** `original`, watched; itself if it is already. For handlers that a framework makes while it renders. */
  wrap(kind: Kind, name: string, original: Anything): Anything;
  /** From here on these lifecycles (of a Component: page lifetimes) are watched too, also where the app has none. */
  need(kind: Kind, names: readonly string[]): void;
  /** Clients of this context by write key, for further copies of the SDK. */
  clients: Record<string, unknown>;
}

const MARK = '__firsthand1';
const LIFETIMES = 'pageLifetimes';
type Constructor = Anything & { [MARK]?: Hooks };

/** What this context has of them, and how to put another in the place. */
const constructors = (): [kind: Kind, is: Constructor | false, set: (made: Anything) => void][] => [
  [
    'Page',
    typeof Page !== 'undefined' && Page,
    (made) => {
      Page = made;
    },
  ],
  [
    'Component',
    typeof Component !== 'undefined' && Component,
    (made) => {
      Component = made;
    },
  ],
  [
    'Behavior',
    typeof Behavior !== 'undefined' && Behavior,
    (made) => {
      Behavior = made;
    },
  ],
];

/** The hooks of this context; wraps the constructors at the first call. */
export function getHooks(): Hooks {
  const [, known] = constructors().find(([, is]) => is && is[MARK]) || [];
  return (known && known[MARK]) || install();
}

function install(): Hooks {
  const watchers = new Set<Watcher>();
  const needed: Partial<Record<Kind, readonly string[]>> = {};
  let running: Invocation | null = null;

  const hooks: Hooks = {
    clients: {},
    wrap,
    watch: (watcher) => subscribe(watchers, watcher),
    need(kind, names) {
      needed[kind] = [...(needed[kind] || []), ...names];
    },
  };

  function wrap(kind: Kind, name: string, original: Anything): Anything {
    if (Object.getOwnPropertyDescriptor(original, MARK)) return original;
    const wrapper = function (this: unknown, ...args: unknown[]): unknown {
      if (!watchers.size) return original.apply(this, args);
      const outer = running;
      const call: Invocation = { kind, name, self: this, args, outer };
      const afters = Array.from(watchers, (watcher) => watcher(call));
      running = call;
      try {
        let result = original.apply(this, args);
        for (const after of afters) if (after) result = after(result);
        return result;
      } finally {
        running = outer;
      }
    };
    return mark(wrapper, original, true);
  }

  const wrapAll = (kind: Kind, source: object, names: readonly string[]): object => {
    const copy = copyOf(source, (value, name) =>
      typeof value === 'function' ? wrap(kind, name, value as Anything) : value,
    );
    for (const name of names) {
      // one that is inherited is called by the platform as it is
      if (!(name in copy)) (copy as Record<string, unknown>)[name] = wrap(kind, name, () => {});
    }
    return copy;
  };

  function instrument(kind: Kind, options: object): object {
    if (kind === 'Page') return wrapAll(kind, options, needed[kind] || []);
    const names = kind === 'Component' && needed.Component;
    const copy = copyOf(options, (value, name) => {
      const more = name === 'methods' ? [] : name === LIFETIMES && names;
      return more && isObject(value) ? wrapAll(kind, value, more) : value;
    }) as Record<string, unknown>;
    if (names && !copy[LIFETIMES]) copy[LIFETIMES] = wrapAll(kind, {}, names);
    return copy;
  }

  function hook(kind: Kind, original: Constructor, set: (made: Anything) => void): void {
    const hooked = function (this: unknown, ...args: unknown[]): unknown {
      if (isObject(args[0])) {
        try {
          args[0] = instrument(kind, args[0]);
        } catch (error) {
          report(error);
        }
      }
      return original.apply(this, args);
    };
    set(mark(hooked, original, hooks));
  }

  for (const [kind, original, set] of constructors()) {
    try {
      if (original) hook(kind, original, set);
    } catch (error) {
      report(error); // a global that cannot be assigned: the platform's own page events still work
    }
  }
  return hooks;
}

const report = (error: unknown) => console.warn('firsthand: not wrapped', error);
const isObject = (value: unknown): value is object => !!value && typeof value === 'object';

/** The same object with other values, down to the descriptors. */
const copyOf = (source: object, change: (value: unknown, name: string) => unknown): object =>
  carry(source, Object.create(Object.getPrototypeOf(source)), change);

/** `wrapper` with everything that `original` carries, and our mark where nobody trips over it. */
const mark = (wrapper: Anything, original: Anything, value: unknown): Anything =>
  Object.defineProperty(carry(original, wrapper), MARK, { value });

function carry<T extends object>(from: object, to: T, change?: (value: unknown, name: string) => unknown): T {
  for (const name of Reflect.ownKeys(from)) {
    const property = Object.getOwnPropertyDescriptor(from, name) as PropertyDescriptor;
    const there = Object.getOwnPropertyDescriptor(to, name);
    if (change && 'value' in property) property.value = change(property.value, String(name));
    if (!there || there.configurable) Object.defineProperty(to, name, property);
  }
  return to;
}
