// Building elements without ever parsing markup: what people typed into a shop ends up on this page.

const SVG = 'http://www.w3.org/2000/svg';

/** An element with a class and children; strings become text nodes. */
export function el(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

export function svg(tag, attributes) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  return element;
}

export const $ = (id) => document.getElementById(id);
