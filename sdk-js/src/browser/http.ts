/**
 * The Http port over fetch. `text/plain` and no header of our own keep the request CORS-simple: a
 * preflight could not finish while a page unloads. No credentials, and no more of the page's address in
 * the Referer header than its origin.
 *
 * Where fetch has no keepalive (Firefox before 133), a hidden or leaving page sends by `sendBeacon`, which
 * tells nothing about the answer: status 0, so the event stays queued and the next visit sends it again.
 */

import type { Answer, Http } from '../core/ports.js';
import { isHidden } from './lifecycle.js';

const NOTHING: Answer = { status: 0, retryAfter: null, body: '' };

export const webHttp: Http = {
  post({ url, body, keepalive }) {
    const controller = new AbortController();
    const abort = () => controller.abort();
    if (isHidden() && !('keepalive' in Request.prototype)) {
      navigator.sendBeacon(url, body);
      return { answer: Promise.resolve(NOTHING), abort };
    }
    const answer = fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'text/plain' },
      body,
      keepalive,
      signal: controller.signal,
      credentials: 'omit',
      referrerPolicy: 'strict-origin',
    }).then(async (response) => ({
      status: response.status,
      retryAfter: response.headers.get('Retry-After'),
      body: await response.text(),
    }));
    // offline, blocked, aborted or over a quota: all of them are "no answer"
    return { answer: answer.catch(() => NOTHING), abort };
  },
};
