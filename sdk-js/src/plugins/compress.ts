/**
 * Batches compressed on their way: `init({ encode: gzip })`, or by script tag `data-extras="compress"`.
 *
 * The collector is told by a query parameter, because a header of our own would cost a preflight. The browser compresses
 * beside the page's thread, which takes a moment that a leaving page does not have: what it sends by keepalive goes
 * plain, and that is what the budget of such requests counts. Whatever cannot be compressed, or would not be smaller
 * (a single event mostly), goes plain too.
 */

import type { Make } from '../browser/web.js';

/** Below this a gzip header and dictionary eat what they save. */
const LEAST_CHARS = 512;

export async function gzip(url: string, body: string): Promise<[url: string, body: BodyInit]> {
  try {
    if (body.length >= LEAST_CHARS) {
      const plain = new Response(body).body as ReadableStream<Uint8Array<ArrayBuffer>>;
      const packed = await new Response(plain.pipeThrough(new CompressionStream('gzip'))).arrayBuffer();
      // a buffer has no content type, so the request stays one that needs no preflight
      if (packed.byteLength < body.length) return [`${url}${url.includes('?') ? '&' : '?'}encoding=gzip`, packed];
    }
  } catch {
    // no such stream (Safari before 16.4, Firefox before 113), or no memory for one
  }
  return [url, body];
}

export const compress: Make = (options = {}) => {
  options.encode = gzip;
  return {
    name: 'compress',
    install: () => () => {
      options.encode = undefined;
    },
  };
};
