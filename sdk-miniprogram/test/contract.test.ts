/** The golden vectors, read in place: what every language of ours must agree on, here for the mini-program. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { slice } from '../../sdk-js/src/core/batch.js';
import { build } from '../../sdk-js/src/core/event.js';
import { current, decide, isGrant } from '../../sdk-js/src/core/gate.js';
import { keyOf } from '../../sdk-js/src/core/renew.js';
import { next } from '../../sdk-js/src/core/retry.js';
import { cleanReferrer, cleanText, cleanUrl } from '../../sdk-js/src/core/scrub.js';
import { touch } from '../../sdk-js/src/core/session.js';

// biome-ignore lint/suspicious/noExplicitAny: a vector is whatever its file says; `expect` compares it
type Given = any;

function vectors(name: string, run: (given: Given) => unknown): void {
  const file = new URL(`../../tests/contract/vectors/${name}.json`, import.meta.url);
  const { applies_to, cases } = JSON.parse(readFileSync(file, 'utf8'));
  describe(name, () => {
    it('is meant for this language', () => expect(applies_to).toContain('mp'));
    for (const { name: title, given, expect: wanted } of cases) {
      // through JSON, because the wire is JSON: what is undefined is not there
      it(title, () => expect(JSON.parse(JSON.stringify(run(given)))).toEqual(wanted));
    }
  });
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
