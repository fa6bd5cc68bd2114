/** What was stored or answered may be anybody's bytes: no JSON is the same as nothing. */
export function parse(text: string | null): unknown {
  try {
    return JSON.parse(text || 'null');
  } catch {
    return null; // damaged or not ours; every caller treats that as absent
  }
}
