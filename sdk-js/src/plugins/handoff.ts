/**
 * From a mini-program to the page in its web-view: takes the token out of the address, and, once the person has agreed
 * here too, exchanges it for the anonymous id, so that both are one visitor.
 *
 *     handoff(firsthand, { endpoint, writeKey });      // before or after init
 *
 * The token leaves the address at once, whatever the person says, and before anything can record or share it. It is
 * good once and for a minute, so a consent that comes later finds it void, and the page keeps an id of its own.
 */

import type { Firsthand } from '../browser/web.js';
import { current, isGrant } from '../core/gate.js';
import type { Known } from '../core/plugin.js';

const TOKEN = /([?&])fh_handoff=([\w.-]{1,160})(&|$)/;
const LIFE_MS = 60_000;

export interface HandoffOptions {
  endpoint: string;
  writeKey: string;
}

/** Resolves to whether the id was taken over; false at once where the address has no token. */
export function handoff(
  firsthand: Pick<Firsthand, 'consent' | 'setAnonymousId'>,
  { endpoint, writeKey }: HandoffOptions,
): Promise<boolean> {
  const [, before, token, after] = TOKEN.exec(location.search) || [];
  if (!token) return Promise.resolve(false);
  const search = location.search.replace(TOKEN, after ? (before as string) : '');
  history.replaceState(history.state, '', location.pathname + search + location.hash);

  const redeem = async (): Promise<boolean> => {
    const { preferences } = firsthand.consent.get();
    const answer = await fetch(`${endpoint.replace(/\/+$/, '')}/v1/wechat/redeem`, {
      method: 'POST',
      headers: { 'Content-Type': 'text/plain' },
      credentials: 'omit',
      body: JSON.stringify({ writeKey, token, consent: { categoryPreferences: preferences || {} } }),
    });
    const { anonymousId } = answer.ok ? await answer.json() : {};
    if (typeof anonymousId !== 'string' || !agreed(firsthand)) return false;
    firsthand.setAnonymousId(anonymousId);
    return true;
  };
  return new Promise((resolve) => {
    // a page without the id is a page with one of its own: nothing here is worth an error
    const finish = () => void redeem().then(resolve, () => resolve(false));
    if (agreed(firsthand)) return finish();
    const off = firsthand.consent.onChange(() => {
      if (!agreed(firsthand)) return;
      stop();
      finish();
    });
    const timer = setTimeout(() => {
      stop();
      resolve(false);
    }, LIFE_MS);
    const stop = () => {
      clearTimeout(timer);
      off();
    };
  });
}

/** Before `init` there is no state yet. */
export function agreed({ consent }: Pick<Firsthand, 'consent'>): boolean {
  const state = consent.get() as ReturnType<Firsthand['consent']['get']> | null;
  return state !== null && state.decisions.analytics === 'allow';
}

/** A yes to analytics that was said here and is not stale; a rule that allows without asking is none. */
export const saidYes = ({ gate }: Known): boolean => isGrant(current(gate.answers().analytics, Date.now()));
