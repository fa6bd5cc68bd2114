/**
 * What to do with an answer. Pure; vectors: `retry`.
 *
 * Full jitter (see AWS Architecture Blog, "Exponential Backoff and Jitter"), so that clients which
 * failed together do not come back together.
 */

export interface Verdict {
  action: 'done' | 'retry' | 'split' | 'drop' | 'stop';
  delayMs: number;
}

const CAP_MS = 300_000;
const BASE_MS = 1_000;
const LEAST_MS = 100;

/** `status` 0: network error. `attempt`: failures before this one. `count`: messages in the batch. */
export function next(
  status: number,
  retryAfter: string | null,
  attempt: number,
  count: number,
  random: number,
): Verdict {
  const now = (action: Verdict['action']): Verdict => ({ action, delayMs: 0 });
  if (status >= 200 && status < 300) return now('done');
  if (status === 0 || status === 408 || status === 429 || status >= 500) {
    return { action: 'retry', delayMs: delay(retryAfter, attempt, random) };
  }
  if (status === 413) return now(count > 1 ? 'split' : 'drop');
  return now(status === 401 || status === 403 ? 'stop' : 'drop');
}

function delay(retryAfter: string | null, attempt: number, random: number): number {
  if (retryAfter !== null && /^\d+$/.test(retryAfter)) {
    return Math.min(Number(retryAfter) * 1_000, CAP_MS) + Math.floor(random * 1_000);
  }
  return Math.max(LEAST_MS, Math.floor(random * Math.min(CAP_MS, BASE_MS * 2 ** Math.min(attempt, 30))));
}
