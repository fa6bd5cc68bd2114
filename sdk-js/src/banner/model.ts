/**
 * What the banner shows and what its buttons mean, without a DOM. Input: what `consent.get()` says. Output: a
 * `View`, and for each button the purposes to set.
 *
 * The rules that matter to law stand here and nowhere else: "accept all" grants general purposes only (PIPL 23,
 * 29, 39 ask for separate consent), a box is never ticked before the person did (GDPR recital 32), what Global
 * Privacy Control denies cannot be switched on by a general yes and is shown as honoured (CCPA regulations
 * §7025(c)(6)), and an unknown kind of purpose is the strictest.
 */

import { builtIn, builtInPurposes, languageOf, type Texts } from './texts.js';

/** As in the contract's policy schema, as far as the banner reads it. */
export interface Purpose {
  id: string;
  /** `general | separate | guardian`; anything else counts as `guardian`. */
  kind: string;
  required: boolean;
  title: string;
  description: string;
  /** `deny` or `ignore`: what Global Privacy Control does to it. */
  gpc: string;
}

export interface Policy {
  locale: string;
  purposes: readonly Purpose[];
  notice: {
    title: string;
    body: string;
    url: string | null;
    labels: Partial<Record<'acceptAll' | 'rejectAll' | 'save' | 'preferences' | 'withdraw' | 'close', string>>;
  };
}

/** What `consent.get()` answers, as far as the banner reads it. */
export interface State {
  gpc: boolean;
  preferences: Record<string, boolean> | null;
  decisions: Record<string, string>;
  policy?: Policy | null;
}

export interface Options {
  /** Ids that are asked for where there is no policy. */
  purposes: readonly string[];
  locale: string;
  url: string | null;
  texts: Partial<Texts>;
}

/** Why a switch cannot be moved; empty when it can. */
export type Lock = '' | 'always' | 'gpc' | 'guardian';

export interface Item extends Purpose {
  on: boolean;
  lock: Lock;
}

export interface View {
  locale: string;
  texts: Texts;
  url: string | null;
  items: Item[];
  /** A general purpose waits for an answer: show the question. */
  ask: boolean;
  /** Something beyond the necessary is allowed now: offer to withdraw it. */
  granted: boolean;
  /** A purpose of this site is off because of Global Privacy Control. */
  honoured: boolean;
}

export function viewOf(state: State, options: Options): View {
  const { gpc, decisions } = state;
  // only a mode is known until a policy has been published, or fetched
  const policy = state.policy && state.policy.purposes ? state.policy : null;
  const locale = policy ? policy.locale : languageOf(options.locale);
  const notice = policy ? policy.notice : null;
  const purposes = policy ? policy.purposes : builtInPurposes(options.purposes, locale);
  const items = purposes.map((purpose) => {
    const lock = lockOf(purpose, gpc);
    return { ...purpose, lock, on: lock === 'always' || (!lock && decisions[purpose.id] === 'allow') };
  });
  const open = items.filter(({ kind, lock }) => kind === 'general' && !lock);
  return {
    locale,
    texts: {
      ...builtIn(locale),
      ...(notice && { ...notice.labels, title: notice.title, body: notice.body }),
      ...options.texts,
    },
    url: safe((notice && notice.url) || options.url),
    items,
    // `hold`, or a purpose the SDK has never heard of: nobody has answered for it
    ask: open.some(({ id }) => waits(state, id)),
    granted: items.some(({ on, lock }) => on && lock !== 'always'),
    honoured: items.some(({ lock }) => lock === 'gpc'),
  };
}

function waits({ decisions, preferences }: State, id: string): boolean {
  const decision = decisions[id];
  return decision === 'hold' || (!decision && !(preferences && id in preferences));
}

function lockOf({ required, kind, gpc }: Purpose, signalled: boolean): Lock {
  if (required) return 'always';
  if (signalled && gpc === 'deny') return 'gpc';
  return kind === 'general' || kind === 'separate' ? '' : 'guardian';
}

/** A link somebody may follow: a scheme that runs script is none. */
function safe(url: string | null): string | null {
  try {
    return url && /^https?:/.test(new URL(url, 'https://here.invalid').protocol) ? url : null;
  } catch {
    return null; // not an address at all
  }
}

export type Choice = Record<string, boolean>;

/** General purposes only, and none that the browser's signal denies; what is asked separately stays as it is. */
export const acceptAll = ({ items }: View): Choice =>
  choose(
    items.filter(({ kind, lock }) => kind === 'general' && !lock),
    () => true,
  );

/** Everything but the necessary. */
export const rejectAll = ({ items }: View): Choice =>
  choose(
    items.filter(({ lock }) => lock !== 'always'),
    () => false,
  );

/** Each switch that could be moved, as it stands. */
export const custom = ({ items }: View, isOn: (id: string) => boolean): Choice =>
  choose(
    items.filter(({ lock }) => !lock),
    isOn,
  );

const choose = (items: Item[], value: (id: string) => boolean): Choice =>
  Object.fromEntries(items.map(({ id }) => [id, value(id)]));
