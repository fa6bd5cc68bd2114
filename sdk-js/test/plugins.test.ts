// @vitest-environment jsdom
/** What each autotrack plugin says, and what it must not. Every plugin of the list is checked for its undo. */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Firsthand, Make } from '../src/browser/web.js';
import type { Plugin } from '../src/core/plugin.js';
import type { Properties } from '../src/core/protocol.js';
import { errors } from '../src/plugins/errors.js';
import { clicks, PLUGINS, pageLeave, pageview } from '../src/plugins/index.js';
import { linker } from '../src/plugins/linker.js';
import { api, drafts, forget, said, watchNothing } from './plugin.js';

let undo = () => {};
let installed = false;

function install(plugin: Plugin): void {
  undo = plugin.install(api);
  installed = true;
}

beforeEach(() => {
  vi.useFakeTimers();
  forget();
  document.body.innerHTML = '';
  document.title = 'Shop';
  history.replaceState(null, '', '/');
});

afterEach(() => {
  undo();
  installed = false;
  vi.useRealTimers();
});

const web = { consent: { get: () => null } } as unknown as Firsthand;
const linking: Make = () => linker({ linkDomains: 'other.example' }, web);

describe.each([...PLUGINS, errors, linking].map((make) => [make().name, make] as const))('%s', (_, make) => {
  it('leaves no listener and no patched function, and says nothing after its undo', () => {
    const open = new Map<string, number>();
    const count = (target: EventTarget, by: number) => (type: string, run: unknown, options: unknown) => {
      const key = `${target.constructor.name} ${type} ${JSON.stringify(options)}`;
      open.set(key, (open.get(key) ?? 0) + by);
      return run;
    };
    const watching = watchNothing();
    document.body.innerHTML = '<p data-track-exposure>x</p>';
    for (const target of [window, document, document.body]) {
      const [add, remove] = [target.addEventListener.bind(target), target.removeEventListener.bind(target)];
      vi.spyOn(target, 'addEventListener').mockImplementation((type, run, options) => {
        count(target, 1)(type, run, options);
        add(type, run as EventListener, options);
      });
      vi.spyOn(target, 'removeEventListener').mockImplementation((type, run, options) => {
        count(target, -1)(type, run, options);
        remove(type, run as EventListener, options);
      });
    }
    const { pushState, replaceState } = history;
    install(make());
    expect([...open.values()].some((n) => n > 0) || watching.size > 0).toBe(true);
    undo();
    expect([...open.values()].filter((n) => n !== 0)).toEqual([]);
    expect(watching.size).toBe(0);
    expect([history.pushState, history.replaceState]).toEqual([pushState, replaceState]);
    forget();
    document.body.click();
    history.pushState(null, '', '/after');
    vi.runAllTimers();
    expect(said).toEqual([]);
  });
});

describe('pageview', () => {
  const urls = () => said.map(({ page }) => page?.url?.replace(location.origin, ''));

  it('says the first page once, with its title and referrer', () => {
    install(pageview());
    vi.runAllTimers();
    expect(said).toHaveLength(1);
    expect(said[0]?.page).toEqual({ url: `${location.origin}/`, path: '/' });
  });

  it('says one view for each change of path or query, none for a fragment or the same address', () => {
    install(pageview());
    history.pushState(null, '', '/a');
    history.replaceState(null, '', '/a');
    history.replaceState(null, '', '/a#x');
    history.pushState(null, '', '/a?q=1');
    history.replaceState(null, '', '/b');
    vi.runAllTimers();
    expect(urls()).toEqual(['/', '/a', '/a?q=1', '/b']);
    expect(said.map(({ page }) => page?.referrer?.replace(location.origin, ''))).toEqual([
      undefined,
      '/',
      '/a',
      '/a?q=1',
    ]);
  });

  it('hears back and forward', () => {
    install(pageview());
    history.pushState(null, '', '/a');
    vi.runAllTimers();
    history.replaceState(null, '', '/'); // jsdom goes back asynchronously; the address is what counts
    window.dispatchEvent(new PopStateEvent('popstate'));
    vi.runAllTimers();
    expect(urls()).toEqual(['/', '/a', '/']);
  });

  it('reads the title after the router has rendered, with the time of the change', () => {
    install(pageview());
    vi.runAllTimers();
    const at = Date.now();
    history.pushState(null, '', '/a');
    vi.advanceTimersByTime(5);
    document.title = 'A';
    vi.runAllTimers();
    expect(said[1]).toMatchObject({ title: 'A', at });
  });

  it('waits for a title that was taken off, and not for ever', () => {
    install(pageview());
    vi.advanceTimersByTime(60);
    document.title = '';
    history.pushState(null, '', '/a');
    vi.advanceTimersByTime(300);
    expect(said).toHaveLength(1);
    document.title = 'A';
    vi.advanceTimersByTime(60);
    expect(said[1]).toMatchObject({ title: 'A' });
    document.title = '';
    history.pushState(null, '', '/b');
    vi.advanceTimersByTime(2_000);
    expect(said).toHaveLength(3);
  });

  it('does not lose a view when the page is left before the title is there', () => {
    install(pageview());
    history.pushState(null, '', '/a');
    window.dispatchEvent(new Event('pagehide'));
    expect(urls()).toEqual(['/', '/a']);
    vi.runAllTimers();
    expect(said).toHaveLength(2);
  });

  it('counts a return from the back/forward cache, not an ordinary pageshow', () => {
    install(pageview());
    vi.runAllTimers();
    const show = (persisted: boolean) => Object.assign(new Event('pageshow'), { persisted });
    window.dispatchEvent(show(false));
    window.dispatchEvent(show(true));
    vi.runAllTimers();
    expect(urls()).toEqual(['/', '/']);
  });

  it('under somebody else’s wrapper the undo makes ours silent and leaves theirs', () => {
    install(pageview());
    vi.runAllTimers();
    const { pushState } = history;
    const theirs = vi.fn<History['pushState']>((...args) => pushState.apply(history, args));
    history.pushState = theirs;
    undo();
    history.pushState(null, '', '/z');
    vi.runAllTimers();
    expect(theirs).toHaveBeenCalledOnce();
    expect(location.pathname).toBe('/z');
    expect(said).toHaveLength(1);
    Reflect.deleteProperty(history, 'pushState');
  });
});

describe('clicks', () => {
  function click(html: string, selector: string): Properties | undefined {
    document.body.innerHTML = html;
    if (!installed) install(clicks());
    const before = said.length;
    (document.querySelector(selector) as HTMLElement).click();
    expect(said.length - before).toBeLessThanOrEqual(1);
    return said[before]?.properties;
  }

  it('is about the nearest thing a person would name', () => {
    const html =
      '<div><button id="buy" data-track="buy" data-track-plan-type="pro"><b><i>Buy  now</i></b></button></div>';
    expect(click(html, 'i')).toEqual({
      tag: 'button',
      id: 'buy',
      role: undefined,
      name: 'buy',
      href: undefined,
      text: 'Buy now',
      selector: '[data-track="buy"]',
      stability: 'mark',
      planType: 'pro',
      x: 0,
      y: 0,
    });
  });

  it('any element counts, without its text', () => {
    const properties = click('<section><p>Ada Lovelace lives here</p></section>', 'p');
    expect(properties).toMatchObject({ tag: 'p', selector: 'body > section > p' });
    expect(JSON.stringify(said)).not.toContain('Ada');
  });

  it.each([
    ['/p/1?q=shoes&token=1#x', '/p/1?q=shoes'],
    ['https://shop.example/u/ada@x.example', 'https://shop.example/u/:redacted'],
    ['mailto:ada@x.example', 'mailto:'],
    ['tel:+8613800138000', 'tel:'],
    ['javascript:send("ada@x.example")', 'javascript:'],
  ])('a link to %s is recorded as %s', (href, recorded) => {
    const properties = click(`<a href='${href}'>Go</a>`, 'a');
    expect(properties).toMatchObject({ href: recorded, text: 'Go' });
  });

  it.each([
    ['<button>ada@x.example</button>'],
    ['<button>Call 138 0013 8000</button>'],
    ['<button>Order 20261122</button>'],
    [`<button>${'long '.repeat(20)}</button>`],
    ['<a href="/">6222021234567890123</a>'],
  ])('keeps no text of %s', (html) => {
    expect(click(html, 'button,a')?.text).toBeUndefined();
  });

  it.each([
    ['<input id="f" type="password">', '#f'],
    ['<input id="f" autocomplete="cc-number">', '#f'],
    ['<input id="f" autocomplete="one-time-code">', '#f'],
    ['<label>PIN <input id="f" type="password"></label>', 'label'],
    ['<div data-firsthand-ignore><button id="f">x</button></div>', '#f'],
    ['<button id="f" data-firsthand-ignore>x</button>', '#f'],
  ])('is silent about %s', (html, selector) => {
    expect(click(html, selector)).toBeUndefined();
    expect(click('<p>still alive</p>', 'p')).toBeDefined();
  });

  it('never holds what a field holds, nor text from an ignored part of a button', () => {
    click('<input type="text" value="SECRET-1" placeholder="SECRET-2">', 'input');
    click('<input type="submit" value="SECRET-3">', 'input');
    click('<textarea>SECRET-4</textarea>', 'textarea');
    click('<select><option>SECRET-5</option></select>', 'select');
    click('<button>Hello <span data-firsthand-ignore>SECRET-6</span><style>.SECRET-7 {}</style></button>', 'button');
    click('<button><span contenteditable>SECRET-8</span></button>', 'button');
    expect(said).toHaveLength(6);
    expect(said[4]?.properties?.text).toBe('Hello');
    expect(JSON.stringify(said)).not.toContain('SECRET');
  });

  it('a click on a label is one click, and so is the next one on its field', () => {
    document.body.innerHTML = '<label id="agree"><span>Agree</span><input type="checkbox"></label>';
    install(clicks());
    document.querySelector('span')?.click();
    expect(said.map(({ properties }) => properties?.tag)).toEqual(['label']);
    vi.runAllTimers();
    document.querySelector('input')?.click();
    expect(said).toHaveLength(2);
  });

  it.each([
    ['<button>Add to  cart</button>', 'role=button[name="Add to cart"]', 'name'],
    ['<a href="/x"><b>More</b></a>', 'role=link[name="More"]', 'name'],
    ['<button aria-label="Close"><svg></svg></button>', 'role=button[name="Close"]', 'name'],
    ['<p role="tab" onclick="1" aria-label="Reviews">x</p>', 'role=tab[name="Reviews"]', 'name'],
    ['<button aria-label="Call 13800138000">Call</button>', 'role=button[name="Call"]', 'name'],
    ['<button>ada@x.example</button>', 'body > button', 'path'],
    ['<button data-testid="pay">Pay</button>', '[data-testid="pay"]', 'mark'],
    ['<button id="pay">Pay</button>', '#pay', 'id'],
    ['<nav id="top"><p>x</p></nav>', '#top > p', 'path'],
  ])('%s is named %s, which is as stable as a %s', (html, selector, stability) => {
    expect(click(html, 'button,a,p')).toMatchObject({ selector, stability });
  });

  it('a name that may not be said is in no selector', () => {
    document.body.innerHTML = '<button>Pay</button>';
    install(clicks({ clickText: false }));
    document.querySelector('button')?.click();
    expect(said[0]?.properties).toMatchObject({ text: undefined, selector: 'body > button' });
  });

  it('sees through open shadow roots, and respects what is ignored outside of them', () => {
    document.body.innerHTML = '<my-card id="card"></my-card>';
    const root = document.querySelector('my-card')?.attachShadow({ mode: 'open' }) as ShadowRoot;
    root.innerHTML = '<div><button>In</button><button>12345</button></div>';
    install(clicks());
    const button = root.querySelectorAll('button')[1] as HTMLElement;
    button.dispatchEvent(new MouseEvent('click', { bubbles: true, composed: true }));
    expect(said[0]?.properties).toMatchObject({
      tag: 'button',
      text: undefined,
      stability: 'path',
      selector: '#card >>> div > button:nth-of-type(2)',
    });
    document.querySelector('my-card')?.setAttribute('data-firsthand-ignore', '');
    button.dispatchEvent(new MouseEvent('click', { bubbles: true, composed: true }));
    expect(said).toHaveLength(1);
  });

  it.each([
    ['<b id=":r1:" data-testid="pay">x</b>', '[data-testid="pay"]', undefined],
    ['<b id="ember4242">x</b>', 'body > b', undefined],
    ['<b id="a3f9c0d1e2">x</b>', 'body > b', undefined],
    ['<b id="pay-now">x</b>', '#pay-now', 'pay-now'],
    ['<ul id="list"><li>a</li><li><b>x</b></li></ul>', '#list > li:nth-of-type(2) > b', undefined],
  ])('%s is found again by %s', (html, selector, id) => {
    expect(click(html, 'b')).toMatchObject({ selector, id });
  });

  it('an event that the page sends again to another element is about that one', () => {
    document.body.innerHTML = '<button id="one">a</button><button id="two">b</button>';
    install(clicks());
    const again = new MouseEvent('click', { bubbles: true });
    for (const id of ['one', 'two']) document.getElementById(id)?.dispatchEvent(again);
    expect(said.map(({ properties }) => properties?.id)).toEqual(['one', 'two']);
  });

  it('a click that somebody stops is heard all the same', () => {
    document.body.innerHTML = '<button>x</button>';
    install(clicks());
    const button = document.querySelector('button') as HTMLElement;
    button.addEventListener('click', (event) => event.stopImmediatePropagation());
    button.click();
    expect(said).toHaveLength(1);
  });
});

describe('page_leave', () => {
  const key = () => document.dispatchEvent(new KeyboardEvent('keydown'));
  const visible = (state: 'visible' | 'hidden') => {
    vi.spyOn(document, 'visibilityState', 'get').mockReturnValue(state);
    document.dispatchEvent(new Event('visibilitychange'));
  };
  afterEach(() => vi.restoreAllMocks());

  it('says once how long somebody was there: visible, and a sign of life in the last 30 seconds', () => {
    install(pageLeave());
    vi.advanceTimersByTime(20_000);
    key();
    vi.advanceTimersByTime(70_000); // 30 of these count
    key();
    vi.advanceTimersByTime(5_000);
    visible('hidden');
    vi.advanceTimersByTime(600_000);
    visible('visible');
    vi.advanceTimersByTime(1_000);
    window.dispatchEvent(new Event('pagehide'));
    window.dispatchEvent(new Event('pagehide'));
    expect(said).toHaveLength(1);
    expect(said[0]).toMatchObject({ event: '$page_leave', properties: { engagedMs: 56_000 }, page: { path: '/' } });
  });

  it('a new route ends the page before it, with its address and how far down it was seen', () => {
    install(pageLeave());
    vi.spyOn(document.documentElement, 'scrollHeight', 'get').mockReturnValue(innerHeight * 4);
    vi.spyOn(window, 'scrollY', 'get').mockReturnValue(innerHeight);
    window.dispatchEvent(new Event('scroll'));
    vi.spyOn(window, 'scrollY', 'get').mockReturnValue(0);
    window.dispatchEvent(new Event('scroll'));
    history.pushState(null, '', '/next');
    expect(said[0]).toMatchObject({ properties: { maxScroll: 50 }, page: { path: '/' } });
    window.dispatchEvent(new Event('pagehide'));
    expect(said[1]).toMatchObject({ properties: { maxScroll: 25 }, page: { path: '/next' } });
  });

  it('keeps a draft while somebody is there, and takes it back when it has spoken', () => {
    install(pageLeave());
    vi.advanceTimersByTime(12_000);
    expect(drafts.map(({ properties }) => properties?.engagedMs)).toEqual([5_000, 10_000]);
    window.dispatchEvent(new Event('pagehide'));
    expect(drafts[2]).toMatchObject({ event: '$page_leave', properties: undefined });
    vi.advanceTimersByTime(60_000);
    expect(drafts).toHaveLength(3);
  });
});
