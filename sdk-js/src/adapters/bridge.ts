/**
 * What all adapters share: a consent platform answers questions about its own keys (categories, services, purposes of
 * a framework), and a purpose of ours is granted when every key it depends on is.
 *
 * It fails closed. Only `true` is a yes, whatever the platform means by "1", "yes" or an object; a key that it does
 * not know is no yes; what cannot be read at all is no yes. A grant that the platform no longer stands behind is taken
 * back. Where it has no answer and neither had we, nothing is said: a purpose that nobody was asked about stays
 * pending, and its events wait.
 *
 * It makes no phantom changes: `consent.set` is called with what differs from the choice as the SDK has it, and not
 * at all when nothing does, however often the platform calls. Segment's wrapper reports the same choice again and
 * again; every such report would be a receipt.
 */

import { whenPresent } from '../browser/present.js';
import type { Firsthand } from '../browser/web.js';
import type { Undo } from '../core/ports.js';
import type { Preferences } from '../core/protocol.js';

/** The SDK's public consent verbs, as far as an adapter needs them. */
export interface Sdk {
  consent: Pick<Firsthand['consent'], 'get' | 'set'>;
}

/** Our purpose → the platform's keys, all of which must be granted. */
export type Mapping = Readonly<Record<string, string | readonly string[]>>;

export interface AdapterOptions {
  /** The SDK, if it is not `window.firsthand`. */
  sdk?: Sdk;
  /** Instead of the adapter's own mapping. */
  map?: Mapping;
}

/** What the platform says of one key, of those that the purpose has: `true`, `undefined` where it has no answer, or anything else, which is no. */
export type Reader = (key: string, keys: readonly string[]) => unknown;

/** `undefined`: no answer yet. Pure. */
export function answersOf(map: Mapping, read: Reader): Answers {
  const answers: Answers = {};
  for (const [purpose, keys] of Object.entries(map)) {
    const all = [keys].flat();
    const values = all.map((key) => read(key, all));
    // a no is an answer, even beside a question that is open; of no keys at all nobody says yes
    const open = values.every((value) => value === true || value === undefined) && values.includes(undefined);
    answers[purpose] = open ? undefined : values.length > 0 && values.every((value) => value === true);
  }
  return answers;
}

/** What has to be told: only differences. Pure. */
export function changes(answers: Answers, known: Preferences): Preferences {
  const news: Preferences = {};
  for (const [purpose, answer] of Object.entries(answers)) {
    if (answer === undefined ? known[purpose] === true : known[purpose] !== answer) news[purpose] = answer === true;
  }
  return news;
}

/** The SDK once it can answer: neither the page's stub nor before `init`. */
export function ready(given?: Sdk): Sdk | undefined {
  const sdk = given || (globalThis as { firsthand?: Sdk }).firsthand;
  return sdk?.consent?.get?.() ? sdk : undefined;
}

export type Answers = Record<string, boolean | undefined>;

export interface Platform<T> {
  /** Its name, for the receipt: whose words the person saw. */
  words: string;
  /** The platform's object, once it is on the page. */
  find(): T | null | undefined | false;
  /** Calls back after each change; its undo leaves nothing behind. */
  subscribe(platform: T, changed: Undo): Undo;
  /** By purpose of ours; null: it has nothing to say now (not loaded yet, not applicable here). */
  answers(platform: T, known: Preferences): Answers | null;
  /** The purposes that are taken back when it cannot be read. */
  map: Mapping;
}

export function connect<T>(given: Sdk | undefined, { words, find, subscribe, answers, map }: Platform<T>): Undo {
  let live = true;
  let failed = false;

  /** Said once and not thrown: this runs inside the platform's own code, or the page's. */
  function attempt<R>(run: () => R): R | undefined {
    try {
      return run();
    } catch (error) {
      if (!failed) console.warn('firsthand: consent platform not readable, grants nothing', error);
      failed = true;
      tell(() => answersOf(map, () => undefined));
    }
    return undefined;
  }
  function tell(ask: (known: Preferences) => Answers | null): void {
    const sdk = live && ready(given);
    if (!sdk) return;
    const known = sdk.consent.get().preferences || {};
    const news = changes(attempt(() => ask(known)) || {}, known);
    if (Object.keys(news).length) sdk.consent.set(news, { words });
  }
  return whenPresent(
    () => ready(given) && attempt(find),
    (found) => {
      const apply = () => tell((known) => answers(found, known));
      const off = attempt(() => subscribe(found, apply));
      // what cannot be listened to may have been taken back a moment later
      if (off) apply();
      return () => {
        live = false;
        if (off) attempt(off);
      };
    },
  );
}
