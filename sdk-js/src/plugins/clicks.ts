/**
 * One `$click` for each click on anything, through open shadow roots. The event is about the nearest thing
 * a person would say they clicked (a button, a link, something marked); else about the element itself.
 *
 * What is never read: values of fields, secret fields, anything inside `[data-firsthand-ignore]`. Text is
 * read from buttons and links only, and kept only if it is short and holds nothing like a person's data.
 */

import type { Plugin } from '../core/plugin.js';
import type { Properties } from '../core/protocol.js';
import { cleanUrl, isPlain } from '../core/scrub.js';
import { listen } from './listen.js';
import { selectorOf, stableId } from './selector.js';

const MEANINGFUL = 'a,button,[role=button],input[type=submit],input[type=button],label,summary,[data-track],[onclick]';
const WITH_TEXT = 'a,button,[role=button]';
const SECRET = 'input[type=password],[autocomplete^=cc-],[autocomplete~=one-time-code]';
const IGNORED = '[data-firsthand-ignore]';
const SILENT = `${IGNORED},script,style,input,select,textarea,[contenteditable]`;
const MAX_TEXT = 80;
/** A click on a label makes the browser click its field as well, at once. */
const ECHO_MS = 50;

export const clicks = (): Plugin => ({
  name: 'clicks',
  purpose: 'analytics',
  install({ track, guarded, queryParams }) {
    let echo: { of: Element; at: number } | null = null;
    return listen(
      document,
      'click',
      guarded((event: MouseEvent) => {
        const path = event.composedPath().filter((node): node is Element => node instanceof Element);
        const [target] = path;
        if (!target || path.some((element) => element.matches(IGNORED)) || target.matches(SECRET)) return;
        if (echo && echo.of === target && event.timeStamp - echo.at < ECHO_MS) return;
        const control = path.find(
          (element): element is HTMLLabelElement => element instanceof HTMLLabelElement,
        )?.control;
        if (control?.matches(SECRET)) return;
        echo = control && control !== target ? { of: control, at: event.timeStamp } : null;
        const element = path.find((each) => each.matches(MEANINGFUL)) ?? target;
        const at = { x: Math.round(event.pageX), y: Math.round(event.pageY) };
        track('$click', { ...describe(element, queryParams), ...at });
      }),
    );
  },
});

function describe(element: Element, queryParams: readonly string[]): Properties {
  const id = stableId(element);
  const role = element.getAttribute('role');
  const name = element.getAttribute('data-track');
  const href =
    element instanceof HTMLAnchorElement || element instanceof SVGAElement ? hrefOf(element, queryParams) : '';
  const text = element.matches(WITH_TEXT) ? textOf(element) : '';
  return {
    ...declared(element),
    tag: element.localName,
    ...(id && { id }),
    ...(role && { role }),
    ...(name && { name }),
    ...(href && { href }),
    ...(text && { text }),
    selector: selectorOf(element),
  };
}

/** Of an address that is not a page (`mailto:`, `tel:`, `javascript:`) only its kind. */
function hrefOf(link: Element, queryParams: readonly string[]): string {
  const href = (link.getAttribute('href') ?? '').trim();
  const scheme = /^([a-z][a-z0-9+.-]*:)/i.exec(href)?.[1]?.toLowerCase();
  return scheme && !/^https?:$/.test(scheme) ? scheme : cleanUrl(href, queryParams);
}

function textOf(element: Element): string {
  const text = visible(element).replace(/\s+/g, ' ').trim();
  return text.length <= MAX_TEXT && isPlain(text) ? text : '';
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
    properties[name.slice('data-track-'.length).replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())] = value;
  }
  return properties;
}
