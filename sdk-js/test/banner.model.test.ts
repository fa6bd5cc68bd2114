/** What the banner asks, what each button means, and that no reading of a strange policy grants anything. */

import { describe, expect, it } from 'vitest';
import { acceptAll, custom, type Options, rejectAll, type State, viewOf } from '../src/banner/model.js';
import { builtIn } from '../src/banner/texts.js';
import type { Decision, Policy, Preferences, PurposeRule } from '../src/core/protocol.js';

const options: Options = { purposes: ['analytics'], locale: 'en', url: null, texts: {} };
const all: Options = {
  ...options,
  purposes: ['analytics', 'personalization', 'marketing', 'third_party', 'cross_border'],
};

type Given = Partial<Omit<State, 'decisions'>> & { decisions?: Record<string, string> };

function state(more: Given = {}): State {
  const decisions = Object.fromEntries(all.purposes.map((id) => [id, 'hold']));
  return { gpc: false, current: null, decisions: { necessary: 'allow', ...decisions }, ...more } as State;
}

const purpose = (id: string, more: Partial<PurposeRule> = {}): PurposeRule => ({
  id,
  version: 'pu1_1',
  mode: 'opt_in',
  default: 'pending',
  pending: 'queue',
  ttlDays: 180,
  kind: 'general',
  required: false,
  title: id,
  description: '',
  gpc: 'ignore',
  ...more,
});

function policy(more: Partial<Policy> = {}): Policy {
  return {
    mode: 'opt_in',
    purposes: [
      purpose('necessary', { required: true }),
      purpose('analytics'),
      purpose('ads', { gpc: 'deny' }),
      purpose('abroad', { kind: 'separate' }),
      purpose('school', { kind: 'guardian' }),
      purpose('odd', { kind: 'of-tomorrow' }),
    ],
    notice: {
      id: 'main',
      hash: 'no1_1',
      locale: 'de',
      title: 'Titel',
      body: 'Text',
      url: '/datenschutz',
      labels: { acceptAll: 'Ja', rejectAll: 'Nein', save: 'Ok', preferences: 'Mehr', withdraw: 'Zurück', close: 'Zu' },
    },
    ...more,
  };
}

describe('accept all', () => {
  it('grants general purposes and leaves those alone that ask for a consent of their own', () => {
    expect(acceptAll(viewOf(state(), all))).toEqual({ analytics: true, personalization: true, marketing: true });
    expect(acceptAll(viewOf(state({ policy: policy() }), options))).toEqual({ analytics: true, ads: true });
  });

  it('grants nothing that the browser’s signal denies', () => {
    expect(acceptAll(viewOf(state({ gpc: true }), all))).toEqual({ analytics: true, personalization: true });
    expect(acceptAll(viewOf(state({ gpc: true, policy: policy() }), options))).toEqual({ analytics: true });
  });
});

it('reject all denies everything but the necessary, also what is locked or of an unknown kind', () => {
  const denied = rejectAll(viewOf(state({ gpc: true, policy: policy() }), options));
  expect(denied).toEqual({ analytics: false, ads: false, abroad: false, school: false, odd: false });
});

it('a choice of single switches says each that could be moved, separate ones too, and no other', () => {
  const view = viewOf(state({ gpc: true, policy: policy() }), options);
  expect(custom(view, (id) => id === 'abroad')).toEqual({ analytics: false, abroad: true });
});

describe('switches', () => {
  const switches = (given: State, how = options) =>
    Object.fromEntries(viewOf(given, how).items.map(({ id, on, lock }) => [id, [on, lock]]));

  it('are off while nothing was chosen: no box is ticked beforehand', () => {
    expect(switches(state())).toEqual({ necessary: [true, 'always'], analytics: [false, ''] });
  });

  it('show what is allowed now, and are off under the signal whatever was chosen earlier', () => {
    const decisions = { necessary: 'allow', analytics: 'allow', ads: 'allow', abroad: 'deny', odd: 'allow' };
    const current = { analytics: true, ads: true, abroad: false, odd: true };
    expect(switches(state({ gpc: true, decisions, current, policy: policy() }))).toEqual({
      necessary: [true, 'always'],
      analytics: [true, ''],
      ads: [false, 'gpc'],
      abroad: [false, ''],
      school: [false, 'guardian'],
      odd: [false, 'guardian'],
    });
  });
});

describe('asks', () => {
  const asks = (given: Given, how = options) => viewOf(state(given), how).ask;

  it('while a general purpose waits for an answer', () => {
    expect(asks({})).toBe(true);
    expect(asks({ decisions: { analytics: 'allow' } })).toBe(false);
    expect(asks({ decisions: { analytics: 'deny' } })).toBe(false);
    expect(asks({ decisions: { analytics: 'allow', marketing: 'hold' } }, all)).toBe(true);
  });

  it('for a purpose of the site’s own that the SDK has not heard of, until it was answered', () => {
    const own = { ...options, purposes: ['surveys'] };
    expect(asks({}, own)).toBe(true);
    expect(asks({ current: { surveys: false } }, own)).toBe(false);
  });

  const ruled = (more: Partial<PurposeRule>) => policy({ purposes: [purpose('analytics', more)] });

  it.each([
    ['allow', 'cookieless'],
    ['deny', 'drop'],
    ['hold', 'queue'],
  ] as [Decision, string][])(
    'while nobody has chosen, though the decision is %s because of %s',
    (analytics, pending) => {
      const given = state({ decisions: { analytics }, policy: ruled({ pending }) });
      expect(viewOf(given, options)).toMatchObject({ ask: true, granted: false, items: [{ on: false }] });
    },
  );

  it.each([
    ['opt_out', false],
    ['exempt', false],
    ['opt_in', true],
    ['of-tomorrow', true],
  ])('where a policy says %s: %s', (mode, expected) => {
    expect(asks({ decisions: { analytics: 'allow' }, policy: ruled({ mode }) })).toBe(expected);
  });

  it.each([
    [{ analytics: true }, 'allow', false],
    [{ analytics: false }, 'deny', false],
    // too old, or about another purpose or notice: what is sent while it waits is what the policy sends of nobody's choice
    [{}, 'deny', true],
    [{}, 'allow', true],
    [{}, 'hold', true],
  ] as [Preferences, Decision, boolean][])(
    'of a choice %o counts, and it is now %s: %s',
    (current, decision, expected) => {
      expect(asks({ current, decisions: { analytics: decision }, policy: ruled({}) })).toBe(expected);
      // where silence allows, nobody is asked, and nobody who was silent lately
      expect(asks({ current, decisions: { analytics: decision }, policy: ruled({ mode: 'opt_out' }) })).toBe(
        decision === 'hold',
      );
    },
  );

  it.each([
    ['no1_1', 'prompt', false],
    ['no1_0', 'prompt', true],
    ['no1_0', 'hard', true],
    ['no1_0', 'none', false],
    [undefined, 'prompt', false],
  ])('with a choice made under the notice %s and a policy that says %s: %s', (notice, reconsent, expected) => {
    const given = { ...ruled({}), reconsent };
    const choice = { current: { analytics: true }, decisions: { analytics: 'allow' }, notice };
    expect(viewOf(state({ ...choice, policy: given }), options)).toMatchObject({ ask: expected, granted: true });
  });

  it('not for separate purposes alone, nor for what the signal has answered', () => {
    expect(asks({ decisions: { cross_border: 'hold' } }, { ...options, purposes: ['cross_border'] })).toBe(false);
    expect(asks({ gpc: true, decisions: { marketing: 'hold' } }, { ...options, purposes: ['marketing'] })).toBe(false);
  });
});

it('offers to withdraw what is allowed beyond the necessary', () => {
  expect(viewOf(state(), options).granted).toBe(false);
  expect(viewOf(state({ decisions: { necessary: 'allow', analytics: 'allow' } }), options).granted).toBe(true);
});

it('says that the signal was honoured only where it turned something off', () => {
  expect(viewOf(state({ gpc: true }), options).honoured).toBe(false);
  expect(viewOf(state({ gpc: true }), all).honoured).toBe(true);
  expect(viewOf(state(), all).honoured).toBe(false);
});

describe('words', () => {
  it('come from the site, then the policy, then the built-in language', () => {
    const given = { ...options, texts: { rejectAll: 'Lieber nicht' } };
    const { texts, seen, url } = viewOf(state({ policy: policy() }), given);
    expect([seen.locale, url]).toEqual(['de', '/datenschutz']);
    const { title, acceptAll, rejectAll, always } = texts;
    expect([title, acceptAll, rejectAll, always]).toEqual(['Titel', 'Ja', 'Lieber nicht', builtIn('en').always]);
  });

  it.each([
    ['zh', 'zh-CN'],
    ['zh-Hans-CN', 'zh-CN'],
    ['en-GB', 'en'],
    ['fr', 'en'],
    ['zhx', 'en'],
  ])('for %s they are in %s', (locale, expected) => {
    expect(viewOf(state(), { ...options, locale }).seen.locale).toBe(expected);
  });

  it.each([
    ['no policy', state(), {}, undefined, 'banner/0.1.0', 'en'],
    ['a mode only', state({ policy: { mode: 'opt_in' } }), {}, undefined, 'banner/0.1.0', 'en'],
    ['a notice', state({ policy: policy() }), {}, 'no1_1', 'banner/0.1.0', 'de'],
    ['words beside the notice', state({ policy: policy() }), { saved: 'Danke' }, 'no1_1', 'banner/0.1.0', 'de'],
    ['the same word again', state({ policy: policy() }), { acceptAll: 'Ja' }, 'no1_1', 'banner/0.1.0', 'de'],
    ['another button', state({ policy: policy() }), { acceptAll: 'Ja!' }, undefined, 'site', 'de'],
    ['another text', state({ policy: policy() }), { body: '' }, undefined, 'site', 'de'],
    ['no policy, another text', state(), { body: 'Ours' }, undefined, 'site', 'en'],
  ])('are named as what they are: %s', (_, given, texts, noticeHash, words, locale) => {
    expect(viewOf(given, { ...options, texts }).seen).toEqual({ noticeHash, words, locale });
  });

  it('both languages have the same words, none empty', () => {
    const [en, zh] = [builtIn('en'), builtIn('zh')];
    expect(Object.keys(zh)).toEqual(Object.keys(en));
    expect(Object.values({ ...en, ...zh }).every(Boolean)).toBe(true);
    for (const locale of ['en', 'zh']) {
      for (const item of viewOf(state(), { ...all, locale }).items) {
        expect(item.title).not.toBe(item.id);
        expect(item.description).not.toBe('');
      }
    }
  });
});

describe('the link to the notice', () => {
  it.each(['https://shop.example/privacy', '/privacy', 'privacy?x=1', '//shop.example/p'])('%s is followed', (url) => {
    expect(viewOf(state(), { ...options, url }).url).toBe(url);
  });

  it.each(['javascript:alert(1)', 'java\tscript:alert(1)', ' JaVaScRiPt:alert(1)', 'data:text/html,x', 'http://[', ''])(
    '%s is none',
    (url) => {
      expect(viewOf(state(), { ...options, url }).url).toBe(null);
    },
  );
});

it('half a policy is none', () => {
  for (const half of [{ mode: 'opt_in' }, { ...policy(), notice: undefined }, { ...policy(), purposes: undefined }]) {
    const given = state({ policy: half as Policy });
    expect(viewOf(given, options).items.map(({ id }) => id)).toEqual(['necessary', 'analytics']);
  }
});
