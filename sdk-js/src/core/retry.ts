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
  if (!status || status === 408 || status === 429 || status >= 500) {
    const wait = /^\d+$/.test(retryAfter as string)
      ? Math.min(Number(retryAfter) * 1_000, CAP_MS) + random * 1_000
      : Math.max(LEAST_MS, random * Math.min(CAP_MS, BASE_MS * 2 ** attempt));
    return { action: 'retry', delayMs: Math.floor(wait) };
  }
  const isForbidden = status === 401 || status === 403;
  const action = status < 300 ? 'done' : status === 413 && count > 1 ? 'split' : isForbidden ? 'stop' : 'drop';
  return { action, delayMs: 0 };
}
