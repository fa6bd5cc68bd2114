/** What may be said about an element of the page, and what is not even looked at. Shared by plugins. */

import { listen } from '../browser/listen.js';
import type { PluginApi } from '../core/plugin.js';
import type { Undo } from '../core/ports.js';
import type { Properties } from '../core/protocol.js';
import { cleanUrl, isPlain, split } from '../core/scrub.js';
import { selectorOf, stableId } from './selector.js';

const WITH_TEXT = 'a,button,[role=button]';
export const MEANINGFUL = `${WITH_TEXT},[type=submit],[type=button],label,summary,[data-track],[onclick]`;
const SECRET = '[type=password],[autocomplete*=cc-],[autocomplete~=one-time-code]';
export const IGNORED = '[data-firsthand-ignore]';
const SILENT = `${IGNORED},script,style,input,select,textarea,[contenteditable]`;
const MAX_TEXT = 80;

const paths = new WeakMap<Event, Element[]>();

/**
 * The elements an event passes, from the innermost on, through open shadow roots; none where one of them is to be ignored.
 * Looked at once for all plugins, unless the page sends the same event again elsewhere.
 */
export function pathOf(event: Event): Element[] {
  let path = paths.get(event);
  if (!path || (path[0] && !path.includes(event.target as Element))) {
    path = event.composedPath().filter((node) => node instanceof Element) as Element[];
    if (path.some((element) => element.matches(IGNORED))) path = [];
    paths.set(event, path);
  }
  return path;
}

/** Calls back with each event on what may be looked at, before the page hears of it; `path`: the elements it passes, as above. */
export const onEvent = <E extends Event>(
  { guarded }: PluginApi,
  type: string,
  run: (path: Element[], event: E, target: Element) => void,
): Undo =>
  listen(
    document,
    type,
    guarded((event: E) => {
      const path = pathOf(event);
      if (path[0]) run(path, event, path[0]);
    }),
    true,
  );
export const isSecret = (element: Element | null) => !!element && element.matches(SECRET);

export function describe(element: Element, queryParams: readonly string[], withText?: boolean): Properties {
  const read = (name: string) => element.getAttribute(name) || undefined;
  const text = withText !== false && element.matches(WITH_TEXT) ? plainly(visible(element)) : undefined;
  const properties: Properties = {
    tag: element.localName,
    id: stableId(element),
    role: read('role'),
    name: read('data-track'),
    href: hrefOf(read('href'), queryParams),
    text,
    ...selectorOf(element, plainly(read('aria-label')) || text),
  };
  // `data-track-plan="pro"` says `{ plan: 'pro' }`: what the site itself declares
  const { dataset = {} } = element as HTMLElement;
  for (const [name, value] of Object.entries(dataset)) {
    const [, first, rest] = /^track([A-Z-])(.*)/.exec(name) || [];
    if (first) properties[first.toLowerCase() + rest] = value;
  }
  return properties;
}

/** Of an address that is not a page (`mailto:`, `tel:`, `javascript:`) only its kind. */
export function hrefOf(href: string | undefined, queryParams: readonly string[]): string | undefined {
  if (!href) return undefined;
  const address = href.trim();
  const [scheme] = split(address);
  return (/^(https?:)?$/i.test(scheme) ? cleanUrl(address, queryParams) : scheme) || undefined;
}

/** A short text that is nobody's data. */
function plainly(said = ''): string | undefined {
  const text = said.replace(/\s+/g, ' ').trim();
  return text && text.length <= MAX_TEXT && isPlain(text) ? text : undefined;
}

function visible(node: Node): string {
  if (node instanceof Text) return node.data;
  if (!(node instanceof Element) || node.matches(SILENT)) return '';
  // most labels are one text, and a click is no time to walk
  return node.childElementCount ? Array.from(node.childNodes, visible).join(' ') : node.textContent || '';
}
