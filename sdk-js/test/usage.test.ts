// @vitest-environment jsdom
// @vitest-environment-options { "url": "https://www.shop.example/" }
/** What a call got wrong is said once, by type and never by value, and the call goes on. */

import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createWeb, type Firsthand, type InitOptions } from '../src/browser/web.js';
import debug from '../src/extras/debug.js';
import { misuse, USAGE, usage } from '../src/plugins/usage.js';

const options = { endpoint: 'https://c.example', writeKey: 'wk', strict: true, remote: false } as const;
let web: Firsthand;

beforeEach(() => {
  vi.stubGlobal('fetch', async () => new Response('{"success":true,"rejected":[]}'));
});

afterEach(() => {
  web?.close();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  localStorage.clear();
});

function begin(): string[] {
  const said: string[] = [];
  web = createWeb([]);
  web.init(options as InitOptions);
  web.use(usage(options, web, (text) => said.push(text)));
  return said;
}

it.each([
  ['track', [], 'track: event is undefined and should be a text that is not empty'],
  ['track', [''], 'track: event is an empty text and should be a text that is not empty'],
  ['track', ['A', 'b'], 'track: properties is string and should be an object, such as { total: 9.9 }'],
  ['track', ['A', [1]], 'track: properties is an array and should be an object, such as { total: 9.9 }'],
  ['identify', [7], 'identify: userId is number and should be a text that is not empty'],
  ['register', [], 'register: properties is undefined and should be an object, such as { plan: "pro" }'],
  [
    'consent.set',
    ['yes'],
    'consent.set: preferences is string and should be an object of purposes, each true or false',
  ],
  [
    'consent.set',
    [{ analytics: 'yes' }],
    'consent.set: preferences is object and should be an object of purposes, each true or false',
  ],
  ['onError', [null], 'onError: listener is null and should be a function'],
  ['use', [() => {}], 'use: plugin is function and should be a plugin: call its function first'],
  ['flush', [-1], 'flush: timeout is number and should be milliseconds'],
])('%s(%j)', (verb, args, text) => {
  expect(misuse(verb, args)).toBe(text);
});

it('what is right is silent', () => {
  const right: [string, unknown[]][] = [
    ['track', ['A']],
    ['track', ['A', { total: 1 }, { purpose: 'marketing' }]],
    ['page', []],
    ['page', [undefined, { a: 1 }]],
    ['consent.set', [{ analytics: false }, { method: 'banner' }]],
    ['use', [{ name: 'x', install: () => () => {} }]],
    ['flush', [0]],
    ['reset', [1, 2, 3]],
  ];
  expect(right.map(([verb, args]) => misuse(verb, args)).filter(Boolean)).toEqual([]);
});

it('every verb that takes something is watched', () => {
  web = createWeb([]);
  const names = (root: object, prefix = ''): string[] =>
    Object.entries(root).flatMap(([name, value]) =>
      typeof value === 'function' ? prefix + name : names(value, `${name}.`),
    );
  web.init(options as InitOptions);
  const free = [
    'init',
    'adopt',
    'reset',
    'optOut',
    'debug',
    'getAnonymousId',
    'getSessionId',
    'stats',
    'close',
    'replay',
    'missed',
    'version',
    'setAnonymousId',
    'consent.get',
    'consent.withdraw',
    'consent.signal',
  ];
  const { version: _, ...verbs } = web;
  expect(
    names(verbs)
      .filter((name) => !free.includes(name))
      .sort(),
  ).toEqual(Object.keys(USAGE).sort());
});

it('once, without what was said, and the call goes on', () => {
  const said = begin();
  for (let times = 0; times < 3; times++) web.track('Bought', 'ada@example.com' as never);
  web.consent.set('4111111111111111' as never);
  expect(said).toEqual([
    'firsthand: track: properties is string and should be an object, such as { total: 9.9 }',
    'firsthand: consent.set: preferences is string and should be an object of purposes, each true or false',
  ]);
  expect(web.stats()?.captured).toBeGreaterThanOrEqual(1);
});

it('never throws and never changes an answer, whatever is passed', () => {
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(USAGE)), fc.array(fc.anything(), { maxLength: 4 }), (verb, args) => {
      const text = misuse(verb, args);
      expect(text === undefined || text.startsWith(`${verb}: `)).toBe(true);
    }),
  );
});

it('its undo gives the verbs back, and not over another wrapper', () => {
  web = createWeb([]);
  web.init(options as InitOptions);
  const { track, identify } = web;
  const undo = web.use(usage(options, web, () => {}));
  const other = vi.fn();
  web.identify = other;
  undo();
  expect(web.track).toBe(track);
  expect(web.identify).toBe(other);
  expect(other).not.toBe(identify);
});

it('comes with the debug panel', () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  web = createWeb([]);
  web.init(options as InitOptions);
  const undo = web.use(debug(options, web));
  web.timeEvent(3 as never);
  expect(warn.mock.calls).toEqual([
    ['firsthand: timeEvent: event is number and should be the name of the event that will be tracked'],
  ]);
  undo();
  expect(document.querySelector('firsthand-debug')).toBeNull();
});
