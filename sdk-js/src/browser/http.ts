/**
 * The Http port over fetch. A text body (`text/plain` by itself) and no header of our own keep the request CORS-simple: a
 * preflight could not finish while a page unloads. No credentials, and no more of the page's address in
 * the Referer header than its origin.
 *
 * Where fetch has no keepalive (Firefox before 133), a hidden or leaving page sends by `sendBeacon`, which
 * tells nothing about the answer: status 0, so the event stays queued and the next visit sends it again.
 */

import type { Answer, Http } from '../core/ports.js';
import { isHidden } from './lifecycle.js';

export const webHttp: Http = {
  post({ url, body, keepalive }) {
    const controller = new AbortController();
    return { answer: send(url, body, keepalive, controller.signal), abort: () => controller.abort() };
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
};

async function send(url: string, body: string, keepalive: boolean, signal: AbortSignal): Promise<Answer> {
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
