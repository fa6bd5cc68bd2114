/**
 * The inline stub: calls made before the script has arrived wait in `firsthand.q` as
 * `[verb, arguments, time in ms, address of the page]` and are replayed in order, as of their time and page.
 *
 * They wait in memory. If the page is left before the script arrives they are put into storage, but only where an
 * earlier page has left the mark that it may be used: the key `fh.q`, which the script makes while the person agrees (or
 * the site's mode needs no asking) and takes away with a no. The stub cannot make it, so a person who was never asked
 * leaves nothing behind; their calls of a page that was left so early are lost, because nobody may keep them.
 *
 * Where storage is missing, refused or full, or `fh.q` is not what the script made, the `catch` does nothing: the page is
 * leaving, there is nobody to tell, and no stub may throw into it.
 *
 * A Proxy answers to any verb (but to `then`: it is no promise), which is shorter than a list of them. ECMAScript 2015; the
 * script itself is 2020.
 */

export type Waiting = [verb: string, args: ArrayLike<unknown>, at: number, href?: string];

/** What was left behind, as JSON of `Waiting[]`; being there at all is the leave to write. */
export const LEFT = 'fh.q';

/** At most 400 bytes, a test counts. Put it in the page before any call; the script tag may stand anywhere. */
export const SNIPPET =
  '(w=>{let q=[],s,m=p=>new Proxy(q,{get:(_,v)=>v=="q"?q:v=="then"?0:v=="consent"?m("consent."):' +
  '(...a)=>{q.push([p+v,a,Date.now(),location.href])}}),f=m("");w.firsthand||(w.firsthand=f,' +
  'addEventListener("pagehide",()=>{try{s=localStorage,w.firsthand==f&&' +
  '(s["fh.q"]=JSON.stringify(JSON.parse(s["fh.q"]).concat(q.splice(0))))}catch(e){}}))})(window)';
