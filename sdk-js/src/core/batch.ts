/** Which messages travel together. Pure; vectors: `batch`. */

import { sum } from './tally.js';

/** How many `parts`, from the first on, fit into one batch. One alone always does. */
export function fit(parts: readonly { bytes: number }[], maxEvents: number, maxBytes: number): number {
  let bytes = 0;
  const end = parts.findIndex((part, count) => {
    bytes += part.bytes;
    return count && (count >= maxEvents || bytes > maxBytes);
  });
  return end < 0 ? parts.length : end;
}

export interface Slices {
  batches: number[][];
  tooLarge: number[];
}

/**
 * Groups message sizes in order, greedily: `fit` again and again. What is over `maxMessage` is set aside
 * and spoils nothing; what is over `maxBytes` but allowed travels alone.
 */
export function slice(sizes: number[], maxEvents: number, maxBytes: number, maxMessage: number): Slices {
  const parts = sizes.map((bytes, index) => ({ bytes, index }));
  const indicesOf = (some: typeof parts) => some.map(({ index }) => index);
  const batches: number[][] = [];
  const ready = parts.filter(({ bytes }) => bytes <= maxMessage);
  while (ready.length) batches.push(indicesOf(ready.splice(0, fit(ready, maxEvents, maxBytes))));
  return { batches, tooLarge: indicesOf(parts.filter(({ bytes }) => bytes > maxMessage)) };
}

/**
 * Bytes of JSON `text` in UTF-8, counted by replacement because not every platform of ours has a
 * TextEncoder. A surrogate pair is four bytes, two for each half; JSON holds no lone half (ES2019).
 */
export const byteLength = (text: string): number =>
  text.replace(/[\u0080-\u07ff\ud800-\udfff]/g, '..').replace(/[\u0800-\uffff]/g, '...').length;

/** What was not weighed counts as nothing. */
export interface Weighed {
  bytes?: number | undefined;
}

export interface Bounds {
  maxQueueEvents?: number | undefined;
  maxQueueBytes?: number | undefined;
}

/** Are these more than may wait? */
export const isOver = (parts: readonly Weighed[], { maxQueueEvents, maxQueueBytes }: Bounds): boolean =>
  parts.length > (maxQueueEvents || 1_000) || weigh(parts) > (maxQueueBytes || 256 * 1024);

export const weigh = (parts: Iterable<Weighed>): number => sum(Array.from(parts, (part) => part.bytes || 0));
