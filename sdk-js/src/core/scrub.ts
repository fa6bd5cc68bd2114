/**
 * Addresses and short texts, cut down to what analysis needs, before anything leaves the device. The
 * collector applies the same rules again (`consent/pii/urls.py`). Pure; vectors: `url`.
 *
 * Parsed by pattern, because mini-programs have no `URL` and a browser's would rewrite what it reads.
 */

import type { Page } from './protocol.js';

export const REDACTED = ':redacted';
const CAMPAIGN = /^utm_(source|medium|campaign|term|content|id)$/;
// The name says that it was an ad click, which is a fact; the value says whose, which is a person
const CLICK_ID = /^((fb|tt|tw|[dgy])clid|[gw]braid|(msclk|click)id|li_fat_id|bd_vid|qz_gdt|gdt_vid|_kx|igshid|mc_eid)$/;
// A web token, or 32 and more unbroken letters and digits with a digit: reset links, session ids
// (the look ahead is bounded, or the time would grow with the square of a long address)
const TOKEN = /eyJ[\w-]+\.[\w.-]+|(?=[A-Za-z_]{0,99}\d)\w{32,}/;
const TOKENS = new RegExp(TOKEN, 'g');
const ADDRESS = /^([A-Za-z][A-Za-z0-9+.-]*:)?(\/\/[^/?#]*)?([^?#]*)(?:\?([^#]*))?/;

/** Scheme, authority (with its two slashes, without user and password), path, query: each may be empty. */
export function split(url: string): [scheme: string, authority: string, path: string, query: string] {
  // every part is optional, so it matches any string
  const [, scheme = '', authority = '', path = '', query = ''] = ADDRESS.exec(url) as string[];
  return [scheme, authority.replace(/^\/\/.*@/, '//'), path, query];
}

/** `url` without what may identify a person. `allowed`: query parameters kept beside utm_*. */
export function cleanUrl(url: string, allowed?: readonly string[] | null): string {
  const [scheme, authority, path, query] = split(url);
  return scheme + authority + path.split('/').map(cleanSegment).join('/') + cleanQuery(query, allowed || []);
}

/** A referrer of the page's own host is cleaned like a page; of any other only the origin stays. */
export function cleanReferrer(referrer: string, pageHost: string, allowed?: readonly string[] | null): string {
  const [scheme, authority] = split(referrer);
  return authority.toLowerCase() === `//${pageHost.toLowerCase()}`
    ? cleanUrl(referrer, allowed)
    : authority && `${scheme}${authority}/`;
}

/** Address, path, kept query and referrer of a page, as `context.page` wants them. */
export function cleanPage(href: string, referrer: string, host: string, allowed: readonly string[]): Page {
  const url = cleanUrl(href, allowed);
  const [, , path, query] = split(url);
  return {
    url,
    path: path || '/',
    search: query ? `?${query}` : undefined,
    referrer: cleanReferrer(referrer, host, allowed) || undefined,
  };
}

// As many digits as a phone, a card or an identity number has, with blanks or dashes: no date, no price, no year
const NUMBERS = /[\d\uff10-\uff19](?:[ -]?[\d\uff10-\uff19]){10,18}[Xx]?/g;

/** A title or message with anything like a mail address, a token or a person's number taken out. */
export const cleanText = (text: string): string =>
  text
    .replace(/\S*[@\uff20]\S*/g, REDACTED)
    .replace(TOKENS, REDACTED)
    .replace(NUMBERS, REDACTED);

/** May this label be recorded as it is? Nothing like an address, no run of five digits, however spelled. */
export function isPlain(text: string): boolean {
  // as nearly all are: plain letters, which no other spelling hides behind
  if (/^[A-Za-z\u4e00-\u9fff ,-]*$/.test(text)) return true;
  const flat = text.normalize('NFKC');
  return !/@|\p{Nd}{5}|(\p{Nd}[\s.-]?){7}/u.test(flat) && !TOKEN.test(flat);
}

/** The decoded value, or the text itself where it is not valid percent-encoding. */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a lone % is legal in the wild
  }
}

function cleanSegment(segment: string): string {
  const plain = decode(segment);
  return plain.includes('@') || TOKEN.test(plain) ? REDACTED : segment;
}

function cleanQuery(query: string, allowed: readonly string[]): string {
  const kept: string[] = [];
  for (const pair of query.split('&')) {
    const name = decode(pair.split('=')[0] as string).toLowerCase();
    if (CLICK_ID.test(name)) kept.push(`${name}=${REDACTED}`);
    else if ((CAMPAIGN.test(name) || allowed.includes(name)) && !decode(pair).includes('@')) kept.push(pair);
  }
  return kept.length ? `?${kept.join('&')}` : '';
}
