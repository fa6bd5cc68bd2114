/** Which messages travel together. Pure; vectors: `batch`. */

export interface Slices {
  batches: number[][];
  tooLarge: number[];
}

/**
 * Groups message sizes (bytes) in order, greedily. What is over `maxMessage` is set aside and spoils
 * nothing; what is over `maxBytes` but allowed travels alone.
 */
export function slice(sizes: number[], maxEvents: number, maxBytes: number, maxMessage: number): Slices {
  const batches: number[][] = [];
  const tooLarge: number[] = [];
  let batch: number[] = [];
  let bytes = 0;
  sizes.forEach((size, index) => {
    if (size > maxMessage) {
      tooLarge.push(index);
      return;
    }
    if (batch.length && (batch.length >= maxEvents || bytes + size > maxBytes)) {
      batches.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(index);
    bytes += size;
  });
  if (batch.length) batches.push(batch);
  return { batches, tooLarge };
}

/** Bytes of `text` in UTF-8. Written out because not every platform of ours has a TextEncoder. */
export function byteLength(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) bytes += code > 0x7ff ? 2 : 1;
    // a surrogate pair is four bytes, two for each half; the line above counted three each
    if (code >= 0xd800 && code <= 0xdfff) bytes -= 1;
  }
  return bytes;
}
