/** Which messages travel together. Pure; vectors: `batch`. */

/** How many of `sizes` (bytes), from the first on, fit into one batch. One alone always does. */
export function fit(sizes: readonly number[], maxEvents: number, maxBytes: number): number {
  let count = 0;
  let bytes = 0;
  for (const size of sizes) {
    bytes += size;
    if (count && (count >= maxEvents || bytes > maxBytes)) break;
    count++;
  }
  return count;
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
  const indices = [...sizes.keys()];
  const batches: number[][] = [];
  const ready = indices.filter((index) => (sizes[index] as number) <= maxMessage);
  while (ready.length) {
    const count = fit(
      ready.map((index) => sizes[index] as number),
      maxEvents,
      maxBytes,
    );
    batches.push(ready.splice(0, count));
  }
  return { batches, tooLarge: indices.filter((index) => (sizes[index] as number) > maxMessage) };
}

/**
 * Bytes of JSON `text` in UTF-8, counted by replacement because not every platform of ours has a
 * TextEncoder. A surrogate pair is four bytes, two for each half; JSON holds no lone half (ES2019).
 */
export const byteLength = (text: string): number =>
  text.replace(/[\u0080-\u07ff\ud800-\udfff]/g, '..').replace(/[\u0800-\uffff]/g, '...').length;

export const weigh = (parts: Iterable<{ bytes: number }>): number => {
  let total = 0;
  for (const { bytes } of parts) total += bytes;
  return total;
};
