/** The golden vectors, read in place: what every language of ours must agree on. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { slice } from '../src/core/batch.js';
import { build } from '../src/core/event.js';
import { type Answer, current, decide, isGrant } from '../src/core/gate.js';
import { keyOf } from '../src/core/renew.js';
import { next } from '../src/core/retry.js';
import { daysOf, weigh } from '../src/core/rule.js';
import { cleanReferrer, cleanText, cleanUrl } from '../src/core/scrub.js';
import { touch } from '../src/core/session.js';
import { scanObject, scanText } from '../src/pii/scan.js';

// biome-ignore lint/suspicious/noExplicitAny: a vector is whatever its file says; `expect` compares it
type Given = any;

function vectors(name: string, run: (given: Given) => unknown, part = (wanted: Given): unknown => wanted): void {
  const file = new URL(`../../tests/contract/vectors/${name}.json`, import.meta.url);
  const { applies_to, cases } = JSON.parse(readFileSync(file, 'utf8'));
  describe(name, () => {
    it('is meant for this language', () => expect(applies_to).toContain('js'));
    for (const { name: title, given, expect: wanted } of cases) {
      // through JSON, because the wire is JSON: what is undefined is not there
      it(title, () => expect(JSON.parse(JSON.stringify(run(given)))).toEqual(part(wanted)));
    }
  });
}

/** As the gate is asked: when the event is captured, where a no ends it, and when it is sent; each time the last choice counts. */
function judge({ purpose, choices, gpc, eventTime, now }: Given): string {
  const last = (until: number): Answer | undefined => {
    const made = choices.filter(({ at }: Given) => at <= until);
    made.sort((one: Given, other: Given) => one.at - other.at || Number(other.granted) - Number(one.granted));
    const choice = made.at(-1);
    return choice && [choice.granted, choice.at, choice.version, daysOf(purpose, choice.version)];
  };
  const before = last(eventTime);
  if (before?.[0] === false && weigh(purpose, before, () => gpc) === 'deny') return 'deny';
  return weigh(purpose, current(last(now), now), () => gpc);
}

/** The date in a zone, as a device there would say it. */
const dayIn = (timeZone: string) => (at: number) => {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone, year: 'numeric', month: 'numeric', day: 'numeric' });
  const [month, day, year] = parts.format(at).split('/');
  return [year, month, day].join('-');
};

/** What is null in a vector is not there in a state of ours. */
const known = (state: Given) => JSON.parse(JSON.stringify(state), (_, value) => value ?? undefined);

/** A session that has just begun is one whose number is 0. */
const isBegun = (state: ReturnType<typeof touch>) => ({ ...state, isNew: state.seq === 0 });

vectors('gate', (g) => decide(g.purpose, g.preferences, g.mode, g.gpc));
vectors('decide', judge, ({ decision }) => (decision === 'anonymise' ? 'cookieless' : decision));
vectors('grant', (g) => {
  const answer = current(g.answer, g.now);
  return answer ? (isGrant(answer) ? 'granted' : 'denied') : null;
});
vectors('event', (g) => build(g.call, known(g.state), g.context, g.library, g.id, g.now));
vectors('batch', (g) => slice(g.sizes, g.maxEvents, g.maxBytes, g.maxMessage));
vectors('retry', (g) => next(g.status, g.retryAfter, g.attempt, g.count, g.random));
vectors('session', (g) => isBegun(touch(g.state, g.now, g.newId, g.key)));
vectors('url', (g) =>
  'referrer' in g ? cleanReferrer(g.referrer, g.pageHost, g.allowed) : cleanUrl(g.url, g.allowed),
);
vectors('title', (g) => cleanText(g.text));
vectors('renew', (g) => keyOf(g.by, g, g.before, dayIn(g.zone)));
vectors('device', (g) => ('text' in g ? scanText(g.text) : scanObject(g.object)));
