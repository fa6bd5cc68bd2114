/**
 * A selector that still means the same element after the next deployment: what the site marked, a test id, an id a
 * person wrote, the role with the name that people read, and only then the path to the nearest of those. A shadow root
 * is shown as ` >>> `. `stability` says which it was: `mark`, `id`, `name`, or `path`, which the next change of the
 * page may break.
 */

import type { Properties } from '../core/protocol.js';

const MARKS = ['data-track', 'data-testid', 'data-test-id', 'data-test', 'data-cy'];
const MAX_STEPS = 6;
const KINDS: Record<string, string> = { '[': 'mark', '#': 'id', r: 'name' };

/** `name`: what people read on it, if that may be said. */
export function selectorOf(element: Element, name?: string): Properties {
  let selector = '';
  let joint = '';
  let stability = 'path';
  let current: Element | null = element;
  for (let steps = 0; current && steps < MAX_STEPS; steps++) {
    const anchor = anchorOf(current, steps ? '' : name);
    if (anchor && !steps) stability = KINDS[anchor[0] as string] as string;
    selector = (anchor || step(current)) + joint + selector;
    const parent: Node | null = current.parentNode;
    if (anchor || current === document.body) break;
    const host: Element | null = parent instanceof ShadowRoot ? parent.host : null;
    current = host || current.parentElement;
    joint = host ? ' >>> ' : ' > ';
  }
  return { selector, stability };
}

/** The id, unless a framework made it up (`:r1:`, `ember42`, `a3f9c0…`): those change with every build or visit. */
export const stableId = ({ id }: Element): string | undefined =>
  id.length <= 40 && /^[A-Za-z][A-Za-z_-]*\d{0,2}$/.test(id) ? id : undefined;

function anchorOf(element: Element, said?: string): string | undefined {
  for (const name of MARKS) {
    const value = element.getAttribute(name);
    if (value) return `[${name}=${JSON.stringify(value)}]`;
  }
  const id = stableId(element);
  const role = element.getAttribute('role') || (element.localName === 'a' ? 'link' : element.localName);
  return id ? `#${id}` : said && `role=${role}[name=${JSON.stringify(said)}]`;
}

function step(element: Element): string {
  const { localName, parentNode } = element;
  const same = Array.from(parentNode?.children || []).filter((other) => other.localName === localName);
  return same.length > 1 ? `${localName}:nth-of-type(${same.indexOf(element) + 1})` : localName;
}
