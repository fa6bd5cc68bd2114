/**
 * The inline stub: calls made before the script has arrived wait in `firsthand.q` as
 * `[verb, arguments, time in ms]` and are replayed in order with the time they were made at. It keeps them
 * in memory only, because before the script is there nobody can say what the person has agreed to.
 */

export type Waiting = [verb: string, args: ArrayLike<unknown>, at: number];

/** At most 400 bytes, a test counts. Put it in the page before any call; the script tag may stand anywhere. */
export const SNIPPET =
  '!function(w,f){w.firsthand||(f=w.firsthand={q:[],consent:{}},' +
  '"init track page screen identify group alias reset register unregister timeEvent optOut use onError debug ' +
  'consent.set consent.withdraw consent.onChange".split(" ").map(function(v,i){i=v.split(".");' +
  '(i[1]?f.consent:f)[i[1]||v]=function(){f.q.push([v,arguments,Date.now()])}}))}(window)';
