/**
 * What the banner shows and what its buttons mean, without a DOM. Input: what `consent.get()` says. Output: a
 * `View`, and for each button the purposes to set.
 *
 * The rules that matter to law stand here and nowhere else: "accept all" grants general purposes only (PIPL 23,
 * 29, 39 ask for separate consent), a box is never ticked before the person did (GDPR recital 32), what Global
 * Privacy Control denies cannot be switched on by a general yes and is shown as honoured (CCPA regulations
 * §7025(c)(6)), and an unknown kind of purpose is the strictest.
 */

import { VERSION } from '../browser/version.js';
import type { ChoiceOptions, ConsentState } from '../core/api.js';
import type { Policy } from '../core/protocol.js';
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
  /** The mode of a policy's purpose; a built-in one has that of the site. */
  mode?: string;
}

/** What `consent.get()` answers, as far as the banner reads it. */
export type State = Pick<ConsentState, 'gpc' | 'current' | 'decisions' | 'notice'> & { policy?: Policy };

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
  /** Nobody has answered for it yet, or the answer is too old. */
  waits: boolean;
}

export type Seen = Required<Pick<ChoiceOptions, 'locale' | 'noticeHash' | 'words'>>;

export interface View {
  texts: Texts;
  /** Which words these are, for the receipt. */
  seen: Seen;
  url: string | null;
  items: Item[];
  /** A general purpose waits for an answer, or the notice is another than was answered: show the question. */
  ask: boolean;
  /** Something beyond the necessary is allowed now: offer to withdraw it. */
  granted: boolean;
  /** A purpose of this site is off because of Global Privacy Control. */
  honoured: boolean;
}

export function viewOf(state: State, options: Options): View {
  const { gpc, decisions, policy } = state;
  // only a mode is known until a policy has been published, or fetched
  const notice = policy?.purposes && policy.notice;
  const locale = notice ? notice.locale : languageOf(options.locale);
  const purposes: readonly Purpose[] = (notice && policy.purposes) || builtInPurposes(options.purposes, locale);
  const items = purposes.map((purpose) => {
    const lock = lockOf(purpose, gpc);
    const waits = !lock && isOpen(purpose, state);
    return { ...purpose, lock, waits, on: lock === 'always' || (!lock && !waits && decisions[purpose.id] === 'allow') };
  });
  const own = builtIn(locale);
  const said = notice ? { ...notice.labels, title: notice.title, body: notice.body } : own;
  const texts = { ...own, ...said, ...options.texts };
  // a notice with one word of the site's own in it is another one
  const isAs = Object.entries(said).every(([name, word]) => texts[name as keyof Texts] === word);
  return {
    texts,
    seen: { locale, words: isAs ? `banner/${VERSION}` : 'site', noticeHash: isAs ? notice?.hash : undefined },
    url: safe(notice?.url || options.url),
    items,
    ask:
      items.some(({ kind, waits }) => kind === 'general' && waits) ||
      // an older notice: what was chosen holds meanwhile, unless the policy is harder than that
      !!(notice && state.notice && notice.hash !== state.notice && policy.reconsent !== 'none'),
    granted: items.some(({ on, lock }) => on && lock !== 'always'),
    honoured: items.some(({ lock }) => lock === 'gpc'),
  };
}

/**
 * Does a purpose wait for an answer? Held, or never heard of by the SDK. A policy may also send without ids, or drop,
 * while it waits; then the decision says "allow" or "deny" though nobody has chosen, or chose too long ago.
 */
function isOpen({ id, mode }: Purpose, { decisions, current }: State): boolean {
  const decision = decisions[id];
  if (decision === 'hold') return true;
  return !(current && id in current) && !(decision && (!mode || ['opt_out', 'exempt'].includes(mode)));
}

function lockOf({ required, kind, gpc }: Purpose, signalled: boolean): Lock {
  if (required) return 'always';
  if (signalled && gpc === 'deny') return 'gpc';
  return ['general', 'separate'].includes(kind) ? '' : 'guardian';
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
