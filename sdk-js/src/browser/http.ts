/**
 * The Http port over fetch. A text body (`text/plain` by itself) and no header of our own keep the request CORS-simple: a
 * preflight could not finish while a page unloads. No credentials, and no more of the page's address in
 * the Referer header than its origin.
 *
 * Where fetch has no keepalive (Firefox before 133), a hidden or leaving page sends by `sendBeacon`, which
 * tells nothing about the answer: status 0, so the event stays queued and the next visit sends it again.
 *
 * `encode` (gzip) takes its time, which a page that is leaving does not have: what must outlive it goes as it is.
 *
 * All tabs together have one request under way, except those that are leaving: each waits until it can claim the turn, and
 * gives it back with the answer. A tab that dies gives it back as it does its other claims. No tab looks more than
 * twenty times, because whoever has the turn may be frozen, or dead with a lease that has not run out: two requests at once do
 * no harm, an event that waits for ever would. A wait that is called back ends with the next look.
 *
 * By `await` and not by `then`, which a page may have replaced: then a rejection of ours would be the page's.
 */

import type { Answer, Http, Request as Posted, Undo } from '../core/ports.js';
import { isHidden } from './listen.js';

/** What a request carries instead, and where it goes; must not reject. */
export type Encode = (url: string, body: string) => Promise<[url: string, body: BodyInit]>;

const LOOK_MS = 250;

type Claim = () => Promise<Undo | null>;

// Told to nobody: who it is, and more of the page's address than its origin
const QUIETLY = { credentials: 'omit', referrerPolicy: 'strict-origin' } as const;

/** `options` is looked at for each request: an encoder may come later. `claim`: the turn, null while another tab has it. */
export const webHttp = (options: { encode?: Encode | undefined }, claim: Claim): Http => {
  async function send({ url, body, keepalive }: Posted, signal: AbortSignal): Promise<Answer> {
    try {
      if (isHidden() && !('keepalive' in Request.prototype)) navigator.sendBeacon(url, body);
      else {
        const { encode } = options;
        const [to, coded] = encode && !keepalive ? await encode(url, body) : [url, body];
        const got = await fetch(to, { method: 'POST', body: coded, keepalive, signal, ...QUIETLY });
        return { status: got.status, retryAfter: got.headers.get('Retry-After'), body: await got.text() };
      }
    } catch {
      // offline, blocked, aborted or over a quota: all of them are "no answer"
    }
    return { status: 0, retryAfter: null, body: '' };
  }
  return {
    post(request) {
      const controller = new AbortController();
      const { signal } = controller;
      const go = () => send(request, signal);
      return { answer: request.keepalive ? go() : inTurn(claim, go, signal), abort: () => controller.abort() };
    },
  };
};

async function inTurn(claim: Claim, go: () => Promise<Answer>, signal: AbortSignal): Promise<Answer> {
  let turn: Undo | null | undefined;
  try {
    for (let looks = 20; looks && !turn && !signal.aborted; looks--) {
      turn = await claim();
      if (!turn) await new Promise((look) => setTimeout(look, LOOK_MS));
    }
  } catch {
    // a storage that throws knows no other tabs
  }
  const answer = await go();
  turn?.();
  return answer;
}

/** For `remote`, which the smallest script does without. */
export const webGet: Http['get'] = async (url, token) => {
  try {
    const got = await fetch(url, { headers: token ? { Authorization: `Bearer ${token}` } : {}, ...QUIETLY });
    return got.ok ? await got.text() : null;
  } catch {
    return null; // offline or blocked: there are no settings
  }
};
