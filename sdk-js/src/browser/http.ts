/**
 * The Http port over fetch. A text body (`text/plain` by itself) and no header of our own keep the request CORS-simple: a
 * preflight could not finish while a page unloads. No credentials, and no more of the page's address in
 * the Referer header than its origin.
 *
 * Where fetch has no keepalive (Firefox before 133), a hidden or leaving page sends by `sendBeacon`, which
 * tells nothing about the answer: status 0, so the event stays queued and the next visit sends it again.
 *
 * `encode` (gzip) takes its time, which a page that is leaving does not have: what must outlive it goes as it is.
 */

import type { Answer, Http } from '../core/ports.js';
import { isHidden } from './lifecycle.js';

/** What a request carries instead, and where it goes; must not reject. */
export type Encode = (url: string, body: string) => Promise<[url: string, body: BodyInit]>;

/** `options` is looked at for each request: an encoder may come later. */
export const webHttp = (options: { encode?: Encode | undefined } = {}): Http => ({
  post({ url, body, keepalive }) {
    const controller = new AbortController();
    const { encode } = options;
    const answer =
      encode && !keepalive
        ? encode(url, body).then(([to, coded]) => send(to, coded, keepalive, controller.signal))
        : send(url, body, keepalive, controller.signal);
    return { answer, abort: () => controller.abort() };
  },
  async get(url, token) {
    try {
      const headers: Record<string, string> = token ? { Authorization: `Bearer ${token}` } : {};
      const response = await fetch(url, { headers, credentials: 'omit', referrerPolicy: 'strict-origin' });
      return response.ok ? await response.text() : null;
    } catch {
      return null; // offline or blocked: there are no settings
    }
  },
});

async function send(url: string, body: BodyInit, keepalive: boolean, signal: AbortSignal): Promise<Answer> {
  try {
    if (!isHidden() || 'keepalive' in Request.prototype) {
      const response = await fetch(url, {
        method: 'POST',
        body,
        keepalive,
        signal,
        credentials: 'omit',
        referrerPolicy: 'strict-origin',
      });
      const { status, headers } = response;
      return { status, retryAfter: headers.get('Retry-After'), body: await response.text() };
    }
    navigator.sendBeacon(url, body);
  } catch {
    // offline, blocked, aborted or over a quota: all of them are "no answer"
  }
  return { status: 0, retryAfter: null, body: '' };
}
