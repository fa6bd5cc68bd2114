// @vitest-environment jsdom
/** What all adapters promise: only a yes is a yes, nothing is said twice, an undo leaves nothing. */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { answersOf, changes, connect, type Sdk } from '../../src/adapters/bridge.js';
import { ADAPTERS } from '../../src/adapters/index.js';
import { type Bench, bench, listeners } from './harness.js';

const map = { analytics: 'stats', marketing: ['ads', 'data'] };
const answers = (said: Record<string, unknown>) => answersOf(map, (key) => said[key]);

describe('answers', () => {
  it('are a yes where every key is one', () => {
    expect(answers({ stats: true, ads: true, data: true })).toEqual({ analytics: true, marketing: true });
  });

  it.each([1, 'true', 'granted', {}, null, 0, Number.NaN])('%s is no', (value) => {
    expect(answers({ stats: value }).analytics).toBe(false);
  });

  it('are none where nobody has answered, and no where one key is a no, however open the others are', () => {
    expect(answers({})).toEqual({ analytics: undefined, marketing: undefined });
    expect(answers({ ads: true })).toMatchObject({ marketing: undefined });
    expect(answers({ ads: false })).toMatchObject({ marketing: false });
  });

  it('of a purpose without keys are no', () => {
    expect(answersOf({ analytics: [] }, () => true)).toEqual({ analytics: false });
  });
});

describe('changes', () => {
  it('are the differences', () => {
    expect(changes({ a: true, b: false, c: true }, { a: true, b: true })).toEqual({ b: false, c: true });
  });

  it('take a grant back that nobody stands behind any more, and leave what is pending alone', () => {
    expect(changes({ a: undefined, b: undefined, c: undefined }, { a: true, b: false })).toEqual({ a: false });
  });
});

describe('a connection', () => {
  let at: Bench;
  let timers = 0;
  beforeEach(() => {
    vi.useFakeTimers();
    at = bench();
    timers = vi.getTimerCount();
  });
  afterEach(() => {
    at.close();
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it('waits for the platform and for the SDK, whichever comes last', () => {
    let platform: object | undefined;
    const given: Sdk = { consent: { ...at.web.consent, get: () => null as never } };
    connect(given, {
      words: 'other',
      map,
      find: () => platform,
      subscribe: () => () => {},
      answers: () => ({ analytics: true }),
    });
    vi.advanceTimersByTime(1_000);
    platform = {};
    vi.advanceTimersByTime(1_000);
    expect(at.told()).toEqual([]);
    given.consent = at.web.consent;
    vi.advanceTimersByTime(1_000);
    expect(at.told()).toEqual([{ analytics: true }]);
    expect(at.words()).toEqual(['other']);
  });

  it('takes back what it granted when the platform breaks, and says so', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    at.web.consent.set({ analytics: true, personalization: true });
    at.told();
    connect(at.web, {
      words: 'other',
      map,
      find: () => ({}),
      subscribe: () => () => {},
      answers() {
        throw new Error('not what it was');
      },
    });
    expect(at.told()).toEqual([{ analytics: false }]);
    expect(warn).toHaveBeenCalledOnce();
  });

  it.each(['find', 'subscribe'])('a platform whose %s throws grants nothing, and harms no page', (member) => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    at.web.consent.set({ analytics: true, personalization: true });
    at.told();
    const undo = connect(at.web, {
      words: 'other',
      map,
      find: () => ({}),
      subscribe: () => () => {},
      answers: () => ({ analytics: true }),
      [member]: () => {
        throw new Error('not what it was');
      },
    });
    vi.advanceTimersByTime(60_000);
    expect(at.told()).toEqual([{ analytics: false }]);
    expect(warn).toHaveBeenCalledOnce();
    undo();
    expect(vi.getTimerCount()).toBe(timers);
  });

  it('an undo that the platform lets fail throws nothing', () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const off = () => {
      throw new Error('gone');
    };
    connect(at.web, { words: 'other', map, find: () => ({}), subscribe: () => off, answers: () => null })();
    expect(at.told()).toEqual([]);
  });
});

describe.each(Object.entries(ADAPTERS))('%s', (name, adapter) => {
  let at: Bench;
  beforeEach(() => {
    vi.useFakeTimers();
    at = bench();
  });
  afterEach(() => {
    at.close();
    vi.useRealTimers();
    Reflect.deleteProperty(window, 'dataLayer');
  });

  it('without its platform says nothing, and its undo leaves no timer and no listener', () => {
    const open = listeners();
    at.web.consent.set({ analytics: true });
    at.told();
    const undo = adapter({ sdk: at.web });
    vi.advanceTimersByTime(600_000);
    expect(at.told()).toEqual([]);
    const timers = vi.getTimerCount();
    undo();
    // the one that looks for the platform; a dataLayer is made where there is none
    expect(timers - vi.getTimerCount()).toBe(name === 'google' ? 0 : 1);
    expect([...open.values()].filter(Boolean)).toEqual([]);
  });

  it('has its entry, its size line and its section in the docs', async () => {
    const { readFile } = await import('node:fs/promises');
    const root = `${import.meta.dirname}/../..`;
    const { 'size-limit': sizes } = JSON.parse(await readFile(`${root}/package.json`, 'utf8'));
    expect(sizes.map(({ path }: { path: string }) => path)).toContain(`dist/adapters/${name}.js`);
    expect(await readFile(`${root}/build.mjs`, 'utf8')).toContain('adapters');
    expect(await readFile(`${root}/../docs/consent-adapters.md`, 'utf8')).toContain(`adapters/${name}`);
  });
});
