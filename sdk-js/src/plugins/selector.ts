/**
 * A selector that still means the same element after the next deployment: what the site marked, a test id,
 * an id a person wrote, and only then the path to the nearest of those. A shadow root is shown as ` >>> `.
 */

const TEST_IDS = ['data-testid', 'data-test-id', 'data-test', 'data-cy'];
const MAX_STEPS = 6;

export function selectorOf(element: Element): string {
  const steps: string[] = [];
  let current: Element | null = element;
  while (current && steps.length < MAX_STEPS) {
    const anchor = anchorOf(current);
    steps.unshift(anchor || step(current));
    const parent: Node | null = current.parentNode;
    if (anchor || !parent || current === document.body) break;
    if (parent instanceof ShadowRoot) {
      steps.unshift('>>>');
      current = parent.host;
    } else {
      current = current.parentElement;
    }
  }
  return steps.join(' > ').replace(/ > >>> > /g, ' >>> ');
}

/** The id, unless a framework made it up (`:r1:`, `ember42`, `a3f9c0…`): those change with every build or visit. */
export function stableId(element: Element): string | null {
  return /^[A-Za-z][A-Za-z_-]*\d{0,2}$/.test(element.id) && element.id.length <= 40 ? element.id : null;
}

function anchorOf(element: Element): string | null {
  for (const name of ['data-track', ...TEST_IDS]) {
    const value = element.getAttribute(name);
    if (value) return `[${name}=${JSON.stringify(value)}]`;
  }
  const id = stableId(element);
  return id && `#${id}`;
}

function step(element: Element): string {
  const same = Array.from(element.parentNode ? element.parentNode.children : []).filter(
    (other) => other.localName === element.localName,
  );
  return same.length > 1 ? `${element.localName}:nth-of-type(${same.indexOf(element) + 1})` : element.localName;
}
