/**
 * Says once, on the console, what a call of the site got wrong: a name that is no text, properties that are no object, a
 * choice that is neither yes nor no. The SDK itself stays silent about most of it, because the texts would weigh half
 * a kilobyte on every page of everybody; this is a part of `debug`, and by npm `use(usage(options, firsthand))`.
 *
 * The call goes on as it was made: what can be recorded is, and nothing is thrown. Values are never repeated, only
 * their types, so that what a developer puts into a screenshot holds nothing of a visitor's.
 */

import type { InitOptions, Make } from '../browser/web.js';

type Check = (value: unknown) => boolean;
type Verb = (...args: unknown[]) => unknown;
/** One argument: what it is called, whether a value will do, what would, whether it may be left out. */
type Rule = [name: string, fits: Check, wanted: string, optional?: boolean];

const isText: Check = (value) => typeof value === 'string' && value !== '';
const isFunction: Check = (value) => typeof value === 'function';
const isObject: Check = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isChoice: Check = (value) =>
  isObject(value) && Object.values(value as object).every((one) => one === true || one === false);
const isTime: Check = (value) => typeof value === 'number' && value >= 0;

const bag = (name: string): Rule => [name, isObject, 'an object, such as { total: 9.9 }', true];
const options: Rule = ['options', isObject, 'an object: { purpose, timestamp }', true];

/** The verbs in the order of `api.ts`; `flag` verbs that take anything are not here. */
export const USAGE: Record<string, readonly Rule[]> = {
  track: [['event', isText, 'a text that is not empty'], bag('properties'), options],
  page: [['name', isText, 'a text, or nothing', true], bag('properties'), options],
  screen: [['name', isText, 'a text, or nothing', true], bag('properties'), options],
  identify: [['userId', isText, 'a text that is not empty'], bag('traits'), options],
  group: [['groupId', isText, 'a text that is not empty'], bag('traits'), options],
  alias: [['userId', isText, 'a text that is not empty'], ['previousId', isText, 'a text', true], options],
  register: [['properties', isObject, 'an object, such as { plan: "pro" }']],
  unregister: [['name', isText, 'the name of what was registered']],
  timeEvent: [['event', isText, 'the name of the event that will be tracked']],
  flush: [['timeout', isTime, 'milliseconds', true]],
  use: [
    [
      'plugin',
      (value) => isObject(value) && isFunction((value as { install?: unknown }).install),
      'a plugin: call its function first',
    ],
  ],
  onError: [['listener', isFunction, 'a function']],
  'consent.set': [
    ['preferences', isChoice, 'an object of purposes, each true or false'],
    ['options', isObject, 'an object: { method, action, locale }', true],
  ],
  'consent.onChange': [['listener', isFunction, 'a function']],
};

const typeOf = (value: unknown) => (value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value);

/** What is wrong with a call, in a sentence that holds no value of it; undefined if nothing is. */
export function misuse(verb: string, args: readonly unknown[]): string | undefined {
  const rules = USAGE[verb] ?? [];
  for (const [at, [name, fits, wanted, optional]] of rules.entries()) {
    const value = args[at];
    if ((optional && value === undefined) || fits(value)) continue;
    const got = isText(value) || typeof value !== 'string' ? typeOf(value) : 'an empty text';
    return `${verb}: ${name} is ${got} and should be ${wanted}`;
  }
  return undefined;
}

/** `web`: what the page calls, wrapped in place until the undo. */
export const usage = (
  _options?: Partial<InitOptions>,
  web?: unknown,
  write: (text: string) => void = (text) => console.warn(text),
): ReturnType<Make> => ({
  name: 'usage',
  install({ guarded }) {
    const said = new Set<string>();
    const undo: (() => void)[] = [];
    for (const verb of Object.keys(USAGE)) {
      const path = verb.split('.');
      const name = path.pop() as string;
      const owner = path.reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], web) as Record<
        string,
        Verb
      >;
      const own = owner?.[name];
      if (typeof own !== 'function') continue;
      const look = guarded((...args: unknown[]) => {
        const wrong = misuse(verb, args);
        if (!wrong || said.has(wrong)) return;
        said.add(wrong);
        write(`firsthand: ${wrong}`);
      });
      const watched: Verb = (...args) => {
        look(...args);
        return own(...args);
      };
      owner[name] = watched;
      // another may have wrapped it after us: then it stays
      undo.push(() => {
        if (owner[name] === watched) owner[name] = own;
      });
    }
    return () => {
      for (const one of undo) one();
    };
  },
});
