// @vitest-environment jsdom
/** The banner over the real SDK in a DOM without layout. Focus, looks, speed and strict pages: `tests/e2e/test_banner.py`. */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Banner, type BannerOptions, mountBanner, TAG } from '../src/banner/index.js';
import { createWeb, type Firsthand } from '../src/browser/web.js';
import type { ChoiceOptions } from '../src/core/api.js';

const init = { writeKey: 'wk', endpoint: 'https://c.example', strict: true } as const;
let web: Firsthand;
let banner: Banner | null = null;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('fetch', async () => new Response('{"success":true,"rejected":[]}'));
  document.documentElement.lang = 'en';
  web = createWeb([]);
});

afterEach(() => {
  banner?.remove();
  banner = null;
  web.close();
  localStorage.clear();
  Reflect.deleteProperty(navigator, 'globalPrivacyControl');
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function mount(options: BannerOptions = {}): void {
  banner = mountBanner(web, options);
  // no policy comes
  vi.advanceTimersByTime(500);
}

const root = () => (document.querySelector(TAG) as HTMLElement).shadowRoot as ShadowRoot;
const find = (selector: string) => root().querySelector<HTMLElement>(selector);
const words = (selector: string) => find(selector)?.textContent ?? null;
const click = (act: string) => (find(`[data-act=${act}]`) as HTMLElement).click();
const shown = () => [...root().querySelectorAll('.bar,.centre,.handle')].map(({ className }) => className);
const purpose = (id: string) => find(`[data-purpose=${id}]`) as HTMLInputElement;
const preferences = () => web.consent.get().preferences;

function signal(): void {
  Object.defineProperty(navigator, 'globalPrivacyControl', { value: true, configurable: true });
}

describe('before there is a choice', () => {
  it('nothing is drawn before the SDK can answer, then the question is', () => {
    mount();
    expect(shown()).toEqual([]);
    web.init(init);
    vi.advanceTimersByTime(1_000);
    expect(shown()).toEqual(['bar']);
    expect(words('h2')).toBe('Your privacy, your choice');
    expect(words('[role=status]')).toBe('Your privacy, your choice');
  });

  it('it is drawn first in the body, away from click tracking, and chooses nothing by itself', () => {
    web.init(init);
    mount();
    expect(document.body.firstElementChild?.localName).toBe(TAG);
    expect(document.querySelector(TAG)?.hasAttribute('data-firsthand-ignore')).toBe(true);
    expect(preferences()).toBe(null);
    banner?.remove();
    expect(preferences()).toBe(null);
  });

  it('where people are not asked beforehand only the handle is there', () => {
    web.init({ ...init, consentMode: 'opt_out' });
    mount();
    expect(shown()).toEqual(['handle']);
    expect(find('[data-act=withdraw]')).not.toBe(null);
  });
});

describe('the question', () => {
  it('a yes is one click, taking it back is one click', () => {
    web.init(init);
    mount({ purposes: ['analytics', 'marketing'] });
    click('accept');
    expect(preferences()).toEqual({ analytics: true, marketing: true });
    expect(shown()).toEqual(['handle']);
    expect(words('[role=status]')).toBe('Your choice is saved.');
    click('withdraw');
    expect(web.consent.get().decisions).toMatchObject({ analytics: 'deny', marketing: 'deny', cross_border: 'deny' });
    expect(shown()).toEqual(['handle']);
    expect(find('[data-act=withdraw]')).toBe(null);
  });

  it('a no is one click and is remembered', () => {
    web.init(init);
    mount();
    click('reject');
    expect(preferences()).toEqual({ analytics: false });
    expect(shown()).toEqual(['handle']);
  });

  it('a yes to all asks separately for what needs a consent of its own', () => {
    web.init(init);
    mount({ purposes: ['analytics', 'third_party', 'cross_border'] });
    expect(words('.bar')).toContain('Sharing with others · Transfer abroad');
    click('accept');
    expect(preferences()).toEqual({ analytics: true });
    expect(web.consent.get().decisions.cross_border).toBe('hold');
  });

  it('goes away when the choice is made by the site’s own code', () => {
    web.init(init);
    mount();
    web.consent.set({ analytics: false });
    expect(shown()).toEqual(['handle']);
  });

  it('is answered by another tab', () => {
    web.init(init);
    mount();
    const key = 'fh.wk.consent';
    localStorage.setItem(key, JSON.stringify([{ analytics: [true, Date.now()] }, false]));
    window.dispatchEvent(new StorageEvent('storage', { key }));
    expect(shown()).toEqual(['handle']);
  });
});

describe('the preference centre', () => {
  it('shows each purpose as it stands and saves what was set', () => {
    web.init(init);
    mount({ purposes: ['analytics', 'marketing', 'cross_border'] });
    click('open');
    expect(shown()).toEqual(['centre']);
    expect(purpose('necessary')).toMatchObject({ checked: true, disabled: true });
    expect(purpose('analytics').checked).toBe(false);
    purpose('cross_border').click();
    click('save');
    expect(preferences()).toEqual({ analytics: false, marketing: false, cross_border: true });
    banner?.open();
    expect([purpose('analytics').checked, purpose('cross_border').checked]).toEqual([false, true]);
  });

  it('closed without saving it changes nothing and the question is still there', () => {
    web.init(init);
    mount();
    click('open');
    purpose('analytics').click();
    click('close');
    expect(shown()).toEqual(['bar']);
    click('open');
    find('.centre')?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', cancelable: true }));
    expect(shown()).toEqual(['bar']);
    expect(preferences()).toBe(null);
  });

  it('keeps what the person is setting while a choice arrives from elsewhere', () => {
    web.init(init);
    mount();
    click('open');
    purpose('analytics').click();
    web.consent.set({ marketing: true });
    expect(purpose('analytics').checked).toBe(true);
    click('save');
    expect(preferences()).toEqual({ analytics: true, marketing: true });
  });

  it('opens at a purpose, for asking where it is needed', () => {
    web.init(init);
    mount({ purposes: ['analytics', 'cross_border'] });
    banner?.open('cross_border');
    expect(root().activeElement).toBe(purpose('cross_border'));
    banner?.close();
    banner?.open('"] , *');
    expect(shown()).toEqual(['centre']);
  });

  it('has the two big answers as well: the same elements, the refusal first', () => {
    web.init(init);
    mount();
    click('open');
    const pair = [...root().querySelectorAll('.pair button')].map((one) => [one.className, one.textContent]);
    expect(pair).toEqual([
      ['', 'Reject all'],
      ['', 'Accept all'],
    ]);
  });
});

describe('Global Privacy Control', () => {
  it('is shown as honoured, in the question, the centre and the handle, and locks what it denies', () => {
    signal();
    web.init(init);
    mount({ purposes: ['analytics', 'marketing'] });
    expect(words('.bar [data-honoured]')).toContain('Opt-out signal honoured');
    click('open');
    expect(words('.centre [data-honoured]')).toContain('Global Privacy Control');
    expect(purpose('marketing')).toMatchObject({ checked: false, disabled: true });
    click('accept');
    expect(preferences()).toEqual({ analytics: true });
    expect(words('.handle [data-honoured]')).toContain('Opt-out signal honoured');
  });

  it('where everything is answered by it, nobody is asked', () => {
    signal();
    web.init(init);
    mount({ purposes: ['marketing'] });
    expect(shown()).toEqual(['handle']);
  });
});

describe('what the SDK is told', () => {
  const seen = { locale: 'en', words: 'banner/0.1.0', noticeHash: undefined };
  const told: [unknown, ChoiceOptions][] = [];
  beforeEach(() => {
    told.length = 0;
    web.init(init);
    const { set, withdraw } = web.consent;
    web.consent.set = (...args) => {
      told.push(args as unknown as [unknown, ChoiceOptions]);
      set(...args);
    };
    web.consent.withdraw = (...args: unknown[]) => {
      told.push([null, args[0] as ChoiceOptions]);
      withdraw();
    };
    mount();
  });

  it.each([
    ['accept', 'accept_all', 'banner'],
    ['reject', 'reject_all', 'banner'],
  ])('%s on the question is %s by the %s', (act, action, method) => {
    click(act);
    expect(told.map(([, how]) => how)).toEqual([{ action, method, ...seen }]);
  });

  it('single choices and a withdrawal are told as what they are, each once', () => {
    click('open');
    purpose('analytics').click();
    click('save');
    click('withdraw');
    expect(told).toEqual([
      [{ analytics: true }, { action: 'set', method: 'preferences', ...seen }],
      [null, { action: 'withdraw', method: 'preferences', ...seen }],
    ]);
  });

  it.each(['accept', 'save'])('%s answers what is on the screen, though a policy has come meanwhile', (act) => {
    click('open');
    purpose('analytics').click();
    const before = web.consent.get;
    const rule = {
      version: 'pu1_b',
      kind: 'general',
      required: false,
      mode: 'opt_in',
      default: 'pending',
      pending: 'queue',
    };
    const ads = { ...rule, id: 'ads', ttlDays: 180, gpc: 'ignore', title: 'Ads', description: '' };
    const labels = {
      acceptAll: 'Ja',
      rejectAll: 'Nein',
      save: 'Ok',
      preferences: 'Mehr',
      withdraw: 'Zurück',
      close: 'Zu',
    };
    const notice = { id: 'main', hash: 'no1_b', locale: 'de', title: 'T', body: 'B', url: null, labels };
    web.consent.get = () => ({ ...before(), policy: { mode: 'opt_in', purposes: [ads], notice } });
    click(act);
    const action = act === 'accept' ? 'accept_all' : 'set';
    expect(told).toEqual([[{ analytics: true }, { action, method: 'preferences', ...seen }]]);
    // and what it asks beyond that is asked now
    expect(shown()).toEqual(['bar']);
    click('accept');
    const policys = { locale: 'de', words: 'banner/0.1.0', noticeHash: 'no1_b' };
    expect(told[1]).toEqual([{ ads: true }, { action: 'accept_all', method: 'banner', ...policys }]);
  });
});

describe('life', () => {
  it('taken out it leaves no listener and draws no more; put back it is there once', () => {
    web.init(init);
    let listeners = 0;
    const { onChange } = web.consent;
    web.consent.onChange = (listener) => {
      const off = onChange(listener);
      listeners++;
      return () => {
        listeners--;
        off();
      };
    };
    mount();
    const element = document.querySelector(TAG) as HTMLElement;
    const inside = root();
    element.remove();
    expect([listeners, inside.childElementCount - inside.querySelectorAll('style').length]).toEqual([0, 0]);
    web.consent.set({ analytics: true });
    document.body.append(element);
    vi.advanceTimersByTime(500);
    expect([listeners, ...shown()]).toEqual([1, 'handle']);
  });

  it('taken out before there is an SDK it never looks again', () => {
    mount();
    banner?.remove();
    web.init(init);
    vi.advanceTimersByTime(60_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('no handle stays where the page has a link of its own', () => {
    web.init(init);
    mount({ handle: 'off' });
    click('accept');
    expect(shown()).toEqual([]);
    banner?.open();
    expect(shown()).toEqual(['centre']);
  });
});

describe('words', () => {
  it('are Chinese on a Chinese page, and the layer says so', () => {
    document.documentElement.lang = 'zh-CN';
    web.init(init);
    mount();
    expect(words('[data-act=reject]')).toBe('全部拒绝');
    expect(find('.bar')?.lang).toBe('zh-CN');
  });

  it('of a site stay words', () => {
    web.init(init);
    mount({ texts: { title: '<img src=x onerror=alert(1)>', body: 'One.\n\nTwo <b>bold</b>.' } });
    expect(words('h2')).toBe('<img src=x onerror=alert(1)>');
    expect([...root().querySelectorAll('#b p')].map((one) => one.textContent)).toEqual(['One.', 'Two <b>bold</b>.']);
    expect(find('img')).toBe(null);
  });
});
