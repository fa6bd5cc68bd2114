/**
 * A text or an object without what is somebody's. A declared name goes with what stands under it; a found value becomes
 * `:redacted`. A device has no key to make pseudonyms with, so nothing of a value is left to join on: where the
 * collector would keep a keyed hash of a mail address, this keeps nothing. Pure and total; vectors: `device`.
 *
 * What is not looked at may not pass: a text over 32 KB, a level below the sixteenth and JSON inside JSON below the second
 * are replaced as a whole.
 */

import type { Properties } from '../core/protocol.js';
import { decode, REDACTED } from '../core/scrub.js';
import { isDeclared, isPerson } from './declared.js';
import { RULES, type Rule } from './rules.js';

const MAX_CHARS = 32 * 1024;
const MAX_DEPTH = 16;
const MAX_NESTED = 2;
const MAX_ROUNDS = 8;
const BEFORE = 24;
const AFTER = 10;

// Letters, digits and signs of numbers and addresses as Chinese and Japanese keyboards write them in full width
const WIDE = /[\uff0b\uff0d\uff0e\uff10-\uff19\uff20-\uff3a\uff3f\uff41-\uff5a]/g;

/** The plain spelling, as the collector reads it: full width and two rounds of percent escapes undone. */
function plain(text: string): string {
  const narrow = text.replace(WIDE, (letter) => String.fromCharCode(letter.charCodeAt(0) - 0xfee0));
  return /%[\da-f]{2}/i.test(narrow) ? decode(decode(narrow)) : narrow;
}

function fits({ needs, never, sure }: Rule, value: string, text: string, start: number, field: string): boolean {
  if (sure?.(value)) return true;
  // the nearest clause speaks about the value, not the one before it
  const before = text
    .slice(Math.max(0, start - BEFORE), start)
    .split(/[。！？；;\n]|\. /)
    .pop() as string;
  const end = start + value.length;
  if (needs) return needs.test(field) || needs.test(`${before} ${text.slice(end, end + AFTER)}`);
  return !never || !(never.test(field) || never.test(before));
}

/**
 * `text` with each found value replaced; the same text where there is none. `field`: the name it stands under. Read until
 * nothing more is found, because taking one value out may show another.
 */
export function scanText(text: string, field = ''): string {
  let read = text;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    if (read.length > MAX_CHARS) return REDACTED;
    const clean = scanOnce(read, field);
    if (clean === read) return clean;
    read = clean;
  }
  return REDACTED;
}

function scanOnce(text: string, field: string): string {
  const read = plain(text);
  const spans: [start: number, end: number][] = [];
  for (const rule of RULES) {
    if (!rule.look.test(read)) continue;
    for (const found of read.matchAll(rule.pattern)) {
      const [, before = '', value = ''] = found;
      const start = (found.index as number) + before.length;
      const end = start + value.length;
      const free = !spans.some(([from, to]) => start < to && from < end);
      if (free && (!rule.valid || rule.valid(value)) && fits(rule, value, read, start, field)) spans.push([start, end]);
    }
  }
  if (!spans.length) return text;
  let clean = '';
  let at = 0;
  for (const [start, end] of spans.sort(([a], [b]) => a - b)) {
    clean += read.slice(at, start) + REDACTED;
    at = end;
  }
  return clean + read.slice(at);
}

function scanValue(value: unknown, field: string, person: boolean, depth: number, nested: number): unknown {
  if (typeof value === 'string') return opened(value, person, depth, nested) ?? scanText(value, field);
  if (typeof value === 'number') {
    const written = String(value);
    return Math.abs(value) >= 1e7 && scanText(written, field) !== written ? REDACTED : value;
  }
  if (!value || typeof value !== 'object') return value;
  if (depth > MAX_DEPTH) return REDACTED;
  // what JSON would make of it (a date, a class of the page's own)
  const { toJSON } = value as { toJSON?: (key: string) => unknown };
  if (typeof toJSON === 'function') return scanValue(toJSON.call(value, field), field, person, depth + 1, nested);
  if (Array.isArray(value)) return value.map((one) => scanValue(one, field, person, depth + 1, nested));
  return scanObject(value as Properties, person, depth + 1, nested);
}

/** A text that is JSON itself, read as JSON; null where it is none. */
function opened(text: string, person: boolean, depth: number, nested: number): string | null {
  if (!/^\s*[{[]/.test(text)) return null;
  let inner: unknown;
  try {
    inner = JSON.parse(text);
  } catch {
    return null; // only looks like it: read as a text
  }
  if (nested >= MAX_NESTED) return REDACTED;
  return JSON.stringify(scanValue(inner, '', person, depth + 1, nested + 1));
}

/** The object without declared names and found values. `person`: it describes one, so that its `name` is theirs. */
export function scanObject(object: Properties, person = false, depth = 0, nested = 0): Properties {
  const clean: Properties = {};
  for (const [name, value] of Object.entries(object)) {
    if (isDeclared(name, person) && typeof value !== 'boolean') continue;
    clean[scanText(name)] = scanValue(value, name, person || isPerson(name), depth, nested);
  }
  return clean;
}
