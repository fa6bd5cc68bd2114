// @vitest-environment jsdom
// @vitest-environment-options { "url": "https://shop.example/" }
/** What the smaller autotrack plugins say, and what they must not. */

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Plugin } from '../src/core/plugin.js';
import { errors } from '../src/plugins/errors.js';
import { deadClicks, download, exposure, forms, outbound, rageClicks, scroll, search } from '../src/plugins/index.js';
import { api, forget, said, watchNothing } from './plugin.js';

let undo = () => {};
const install = (plugin: Plugin) => {
  undo = plugin.install(api);
};
const $ = (selector: string) => document.querySelector(selector) as HTMLElement;
const events = () => said.map(({ event, properties }) => [event, properties]);

beforeEach(() => {
  vi.useFakeTimers();
  forget();
  document.body.innerHTML = '';
  history.replaceState(null, '', '/');
});

afterEach(() => {
  undo();
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

function type(selector: string): void {
  $(selector).dispatchEvent(new Event('input', { bubbles: true }));
}

it('forms: sent with the last field, abandoned by leaving or by another route, never a value', () => {
  document.body.innerHTML = `
    <form id="checkout" name="pay" action="/pay?token=1"><input name="city" value="SECRET"><input name="card"
    autocomplete="cc-number"><input name="pin" type="password"></form>
    <form id="search"><input name="q"></form><form id="untouched"><input name="x"></form>
    <form data-firsthand-ignore id="hidden"><input name="y"></form>`;
  install(forms());
  for (const field of ['city', 'card', 'pin', 'q', 'y']) type(`[name=${field}]`);
  for (const form of ['#checkout', '#hidden']) $(form).dispatchEvent(new SubmitEvent('submit', { bubbles: true }));
  history.pushState(null, '', '/next');
  window.dispatchEvent(new Event('pagehide'));
  expect(events()).toEqual([
    [
      '$submit',
      {
        outcome: 'sent',
        id: 'checkout',
        name: 'pay',
        action: '/pay',
        lastField: 'city',
        selector: '#checkout',
        stability: 'id',
      },
    ],
    ['$submit', expect.objectContaining({ outcome: 'abandoned', id: 'search', lastField: 'q' })],
  ]);
  expect(JSON.stringify(said)).not.toContain('SECRET');
});

it('scroll: each quarter once a page, again after a new route', () => {
  install(scroll());
  vi.spyOn(document.documentElement, 'scrollHeight', 'get').mockReturnValue(innerHeight * 4);
  const to = (y: number) => {
    vi.spyOn(window, 'scrollY', 'get').mockReturnValue(innerHeight * y);
    window.dispatchEvent(new Event('scroll'));
    vi.advanceTimersByTime(1_000);
  };
  for (const y of [0.1, 2, 0, 3, 3]) to(y);
  expect(said.map(({ properties }) => properties?.percent)).toEqual([25, 50, 75, 100]);
  history.pushState(null, '', '/next');
  to(0);
  expect(said.map(({ properties }) => properties?.percent)).toEqual([25, 50, 75, 100, 25]);
});

it('exposure: half visible for a second, once or each time, also of what comes later', async () => {
  const eyes = watchNothing();
  document.body.innerHTML = '<p id="once" data-track-exposure data-track-slot="top">A</p>';
  install(exposure());
  document.body.insertAdjacentHTML('beforeend', '<p id="often" data-track-exposure="repeat">B</p>');
  document.body.insertAdjacentHTML(
    'beforeend',
    '<div data-firsthand-ignore><p id="no" data-track-exposure>C</p></div>',
  );
  await vi.advanceTimersByTimeAsync(0);
  const look = (id: string, ratio: number, ms: number) => {
    eyes.show($(`#${id}`), ratio);
    vi.advanceTimersByTime(ms);
  };
  look('once', 0.4, 2_000);
  look('once', 0.6, 900);
  look('once', 0.1, 2_000);
  for (let i = 0; i < 2; i++) {
    for (const id of ['once', 'often', 'no']) {
      look(id, 0.6, 1_000);
      look(id, 0, 0);
    }
  }
  expect(said.map(({ properties }) => properties?.id)).toEqual(['once', 'often', 'often']);
  expect(said[0]?.properties).toMatchObject({ tag: 'p', slot: 'top', text: undefined });
  expect(said[0]?.properties).not.toHaveProperty('exposure');
});

it('exposure: a page that marks nothing pays for no observer, and a busy one is looked through five times a second', async () => {
  const made = vi.fn();
  vi.stubGlobal(
    'IntersectionObserver',
    class {
      constructor() {
        made();
      }
      observe() {}
      disconnect() {}
    },
  );
  const looks = vi.spyOn(document, 'querySelectorAll');
  install(exposure());
  for (let i = 0; i < 100; i++) {
    document.body.insertAdjacentHTML('beforeend', '<p>more</p>');
    await vi.advanceTimersByTimeAsync(10);
  }
  expect(looks.mock.calls.length).toBeGreaterThan(3);
  expect(looks.mock.calls.length).toBeLessThan(8);
  expect(made).not.toHaveBeenCalled();
  document.body.insertAdjacentHTML('beforeend', '<p data-track-exposure>seen</p>');
  await vi.advanceTimersByTimeAsync(200);
  expect(made).toHaveBeenCalledTimes(1);
});

it('outbound and download: links only, cleaned, by click and by the middle button', () => {
  document.body.innerHTML = `
    <a id="out" href="https://other.example/u/ada@x.example?utm_source=a&id=7#x"><b>Go</b></a>
    <a id="own" href="/next">Next</a> <a id="mail" href="mailto:ada@x.example">Mail</a>
    <a id="file" href="/files/Report.PDF?token=1">Report</a> <a id="marked" href="/export" download>Export</a>
    <div data-firsthand-ignore><a id="ignored" href="https://other.example/x.zip">No</a></div>`;
  document.body.addEventListener('click', (event) => event.preventDefault());
  const both = [outbound(), download()].map((plugin) => plugin.install(api));
  undo = () => both.map((each) => each());
  for (const id of ['own', 'mail', 'ignored', 'file', 'marked']) $(`#${id}`).click();
  $('#out b').dispatchEvent(new MouseEvent('auxclick', { bubbles: true, composed: true, button: 1 }));
  $('#out b').dispatchEvent(new MouseEvent('auxclick', { bubbles: true, composed: true, button: 2 }));
  expect(events()).toEqual([
    ['$download', { extension: 'pdf', href: 'https://shop.example/files/Report.PDF' }],
    ['$download', { extension: undefined, href: 'https://shop.example/export' }],
    ['$outbound', { host: 'other.example', href: 'https://other.example/u/:redacted?utm_source=a' }],
  ]);
});

it('search: what was looked for, once, if it is nobody’s data', () => {
  history.replaceState(null, '', '/find?s=blue+teapot&page=1');
  install(search());
  for (const query of [
    '?s=blue+teapot&page=2',
    '?q=ada%40x.example',
    '?q=%E8%8C%B6',
    '?page=3',
    '?keyword=13800138000',
  ]) {
    history.pushState(null, '', query);
  }
  expect(events()).toEqual([
    ['$search', { param: 's', term: 'blue teapot' }],
    ['$search', { param: 'q', term: undefined }],
    ['$search', { param: 'q', term: '茶' }],
    ['$search', { param: 'keyword', term: undefined }],
  ]);
});

const click = (selector: string, x = 0, y = 0, detail = 1) => {
  const event = new MouseEvent('click', { bubbles: true, composed: true, detail });
  Object.defineProperties(event, { pageX: { value: x }, pageY: { value: y } });
  $(selector).dispatchEvent(event);
};

it('rage clicks: three within a second and 30 pixels are one; not in a field, not by keyboard, not far apart', () => {
  document.body.innerHTML = '<button id="b">Buy</button><input id="f">';
  install(rageClicks());
  for (let i = 0; i < 5; i++) click('#b', i * 5, 5);
  expect(events()).toEqual([['$rage_click', expect.objectContaining({ id: 'b', text: 'Buy', x: 10, y: 5 })]]);
  vi.advanceTimersByTime(1_500);
  for (const [selector, x, detail] of [
    ['#f', 1, 1],
    ['#b', 1, 0],
    ['#b', 0, 1],
    ['#b', 100, 1],
    ['#b', 200, 1],
  ] as const) {
    for (let i = 0; i < (selector === '#f' || !detail ? 4 : 1); i++) click(selector, x, 0, detail);
  }
  for (let i = 0; i < 3; i++) {
    vi.advanceTimersByTime(800);
    click('#b');
  }
  expect(said).toHaveLength(1);
});

it('dead clicks: a button that changes nothing, and only that', async () => {
  document.body.innerHTML = `<button id="dead">Buy</button><button id="alive">Menu</button><p id="text">x</p>
    <a id="file" href="/x" download>File</a><div data-firsthand-ignore><button id="no">x</button></div>`;
  $('#alive').addEventListener('click', () => document.body.append('!'));
  install(deadClicks());
  for (const id of ['alive', 'text', 'file', 'no', 'dead']) {
    click(`#${id}`);
    await vi.advanceTimersByTimeAsync(3_000);
  }
  expect(said.map(({ event, properties }) => [event, properties?.id])).toEqual([['$dead_click', 'dead']]);
  for (const answer of [
    () => history.pushState(null, '', '/menu'),
    () => window.dispatchEvent(new Event('scroll')),
    () => window.dispatchEvent(new Event('blur')),
    () => document.dispatchEvent(new Event('selectionchange')),
  ]) {
    click('#dead');
    answer();
    await vi.advanceTimersByTimeAsync(3_000);
  }
  expect(said).toHaveLength(1);
});

it('errors: kind, frame and a message without what it quotes, each once, ten at most', () => {
  install(errors());
  const fail = (message: string, line = 1) =>
    window.dispatchEvent(
      new ErrorEvent('error', {
        message,
        filename: 'https://shop.example/app.js?v=1',
        lineno: line,
        colno: 2,
        error: new TypeError(message),
      }),
    );
  fail('no user "Ada Lovelace" 13800138000');
  fail('no user "Grace Hopper" 13800138001');
  expect(events()).toEqual([
    ['$error', { kind: 'error', type: 'TypeError', message: 'no user … …', frame: 'https://shop.example/app.js:1:2' }],
  ]);
  const reason = Object.assign(new Error('bad ada@x.example'), {
    stack: 'Error: x\n    at f (https://shop.example/a/b.js?t=1:10:20)',
  });
  window.dispatchEvent(Object.assign(new Event('unhandledrejection'), { reason }));
  expect(said[1]?.properties).toMatchObject({
    kind: 'rejection',
    message: 'bad :redacted',
    frame: 'https://shop.example/a/b.js:10:20',
  });
  for (let i = 2; i < 30; i++) fail('loop', i);
  expect(said).toHaveLength(10);
});
