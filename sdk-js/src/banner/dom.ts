/** Elements without parsing markup: nothing here is a sink of Trusted Types, and no text can become an element. */

type Child = Node | string | false | null;

/** `h('button', { type: 'button', onclick }, 'Save')`. False and null are left out, true is an empty attribute. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, unknown> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value as EventListener);
    else if (value) element.setAttribute(name, value === true ? '' : (value as string));
  }
  element.append(...(children.filter((child) => child) as (Node | string)[]));
  return element;
}

/** Blank lines part paragraphs. */
export const paragraphs = (text: string) => text.split(/\n\s*\n/).map((part) => h('p', {}, part));
