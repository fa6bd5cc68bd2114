/**
 * A selector that still means the same element after the next deployment: what the site marked, a test id,
 * an id a person wrote, and only then the path to the nearest of those. A shadow root is shown as ` >>> `.
 */

const MARKS = ['data-track', 'data-testid', 'data-test-id', 'data-test', 'data-cy'];
const MAX_STEPS = 6;

export function selectorOf(element: Element): string {
  let selector = '';
  let joint = '';
  let current: Element | null = element;
  for (let steps = 0; current && steps < MAX_STEPS; steps++) {
    const anchor = anchorOf(current);
    selector = (anchor || step(current)) + joint + selector;
    const parent: Node | null = current.parentNode;
    if (anchor || current === document.body) break;
    const host: Element | null = parent instanceof ShadowRoot ? parent.host : null;
    current = host || current.parentElement;
    joint = host ? ' >>> ' : ' > ';
  }
  return selector;
}

/** The id, unless a framework made it up (`:r1:`, `ember42`, `a3f9c0…`): those change with every build or visit. */
export const stableId = ({ id }: Element): string | undefined =>
  id.length <= 40 && /^[A-Za-z][A-Za-z_-]*\d{0,2}$/.test(id) ? id : undefined;

function anchorOf(element: Element): string | undefined {
  for (const name of MARKS) {
    const value = element.getAttribute(name);
    if (value) return `[${name}=${JSON.stringify(value)}]`;
  }
  const id = stableId(element);
  return id && `#${id}`;
}

function step(element: Element): string {
  const { localName, parentNode } = element;
  const same = Array.from(parentNode?.children || []).filter((other) => other.localName === localName);
  return same.length > 1 ? `${localName}:nth-of-type(${same.indexOf(element) + 1})` : localName;
}
