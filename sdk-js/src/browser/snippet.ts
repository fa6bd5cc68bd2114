/**
 * The inline stub: calls made before the script has arrived wait in `firsthand.q` as
 * `[verb, arguments, time in ms]` and are replayed in order with the time they were made at. It keeps them
 * in memory only, because before the script is there nobody can say what the person has agreed to.
 */

export type Waiting = [verb: string, args: ArrayLike<unknown>, at: number];

/** At most 400 bytes, a test counts. Put it in the page before any call; the script tag may stand anywhere. */
export const SNIPPET =
  '!function(w,f,c){if(w.firsthand)return;f=w.firsthand={q:[]};c=f.consent={};' +
  '"init track page screen identify group alias reset optOut use onError debug".split(" ").map(a);' +
  '"set withdraw onChange".split(" ").map(function(m){a("consent."+m)});' +
  'function a(m){(m.indexOf(".")<0?f:c)[m.split(".").pop()]=' +
  'function(){f.q.push([m,arguments,Date.now()])}}}(window)';
