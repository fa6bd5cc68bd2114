/**
 * One `$click` for each click on anything, through open shadow roots. The event is about the nearest thing
 * a person would say they clicked (a button, a link, something marked); else about the element itself.
 *
 * What is never read: values of fields, secret fields, anything inside `[data-firsthand-ignore]`. Text is
 * read from buttons and links only, and kept only if it is short and holds nothing like a person's data.
 */

import { listen } from '../browser/listen.js';
import type { Plugin } from '../core/plugin.js';
import type { Properties } from '../core/protocol.js';
import { cleanUrl, isPlain, split } from '../core/scrub.js';
import { selectorOf, stableId } from './selector.js';

const WITH_TEXT = 'a,button,[role=button]';
const MEANINGFUL = `${WITH_TEXT},[type=submit],[type=button],label,summary,[data-track],[onclick]`;
const SECRET = '[type=password],[autocomplete^=cc-],[autocomplete~=one-time-code]';
const IGNORED = '[data-firsthand-ignore]';
const SILENT = `${IGNORED},script,style,input,select,textarea,[contenteditable]`;
const MAX_TEXT = 80;

export const clicks = (): Plugin => ({
  name: 'clicks',
  purpose: 'analytics',
  install({ track, guarded, queryParams }) {
    let echo: EventTarget | null = null;
    const onClick = guarded((event: MouseEvent) => {
      const path = event.composedPath().filter((node) => node instanceof Element) as Element[];
      const [target] = path;
      if (!target || path.some((element) => element.matches(IGNORED))) return;
      const label = target.closest('label');
      const field = label && label.control;
      const again = echo === target;
      // the click on the field that the browser makes of a click on its label comes before the next task
      echo = field !== target ? field : null;
      setTimeout(() => {
        echo = null;
      });
      if (again || [target, field].some((each) => each && each.matches(SECRET))) return;
      const element = path.find((each) => each.matches(MEANINGFUL)) || target;
      track('$click', {
        ...describe(element, queryParams),
        x: Math.round(event.pageX),
        y: Math.round(event.pageY),
      });
    });
    return listen(document, 'click', onClick, true);
  },
});

function describe(element: Element, queryParams: readonly string[]): Properties {
  const read = (name: string) => element.getAttribute(name) || undefined;
  return {
    tag: element.localName,
    id: stableId(element) || undefined,
    role: read('role'),
    name: read('data-track'),
    href: element.matches('a') ? hrefOf(read('href') || '', queryParams) : undefined,
    text: element.matches(WITH_TEXT) ? textOf(element) : undefined,
    selector: selectorOf(element),
    ...declared(element),
  };
}

/** Of an address that is not a page (`mailto:`, `tel:`, `javascript:`) only its kind. */
function hrefOf(href: string, queryParams: readonly string[]): string | undefined {
  const { scheme } = split(href.trim());
  return (!scheme || /^https?:$/i.test(scheme) ? cleanUrl(href.trim(), queryParams) : scheme) || undefined;
}

function textOf(element: Element): string | undefined {
  const text = visible(element).replace(/\s+/g, ' ').trim();
  return text.length <= MAX_TEXT && isPlain(text) ? text || undefined : undefined;
}

function visible(node: Node): string {
  if (node instanceof Text) return node.data;
  if (node instanceof Element && node.matches(SILENT)) return '';
  return Array.from(node.childNodes, visible).join(' ');
}

/** `data-track-plan="pro"` says `{ plan: 'pro' }`: what the site itself declares. */
function declared(element: Element): Properties {
  const properties: Properties = {};
  for (const { name, value } of Array.from(element.attributes)) {
    if (!name.startsWith('data-track-')) continue;
    const key = name.slice(11).replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
    properties[key] = value;
  }
  return properties;
}
