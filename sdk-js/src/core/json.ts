/** What was stored or answered may be anybody's bytes: no JSON is the same as nothing. */
// biome-ignore lint/suspicious/noExplicitAny: it may be anything; every caller checks what it takes out of it
export function parse(text: string | null): any {
  try {
    return JSON.parse(text || 'null');
  } catch {
    return null; // damaged or not ours; every caller treats that as absent
  }
}
