/**
 * The Http port over fetch. `text/plain` and no header of our own keep the request CORS-simple: a
 * preflight could not finish while a page unloads. No credentials, and no more of the page's address in
 * the Referer header than its origin.
 *
 * Where fetch has no keepalive (Firefox before 133), a request that must outlive its page goes by
 * `sendBeacon`, which tells nothing about the answer: status 0, so the event stays queued and the next
 * visit sends it again.
 */

import type { Answer, Http, Request } from '../core/ports.js';

const NOTHING: Answer = { status: 0, retryAfter: null, body: '' };

export function webHttp(leaving: () => boolean): Http {
  return {
    post(request) {
      if (leaving() && !('keepalive' in Request.prototype) && navigator.sendBeacon) {
        navigator.sendBeacon(request.url, new Blob([request.body], { type: 'text/plain' }));
        return { answer: Promise.resolve(NOTHING), abort() {} };
      }
      const controller = new AbortController();
      return { answer: send(request, controller.signal), abort: () => controller.abort() };
    },
  };
}

async function send({ url, body, keepalive }: Request, signal: AbortSignal): Promise<Answer> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'text/plain' },
      body,
      keepalive,
      signal,
      credentials: 'omit',
      referrerPolicy: 'strict-origin',
      cache: 'no-store',
    });
    const { status, headers } = response;
    return { status, retryAfter: headers.get('Retry-After'), body: await response.text() };
  } catch {
    return NOTHING; // offline, blocked, aborted or over a quota: all of them are "no answer"
  }
}
