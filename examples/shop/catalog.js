// The goods. The order service reads the same file, so that nobody can name his own price.

import { currency, language } from './text.js';

const answer = await fetch('/demo/catalog.json');
export const products = await answer.json();

export const find = (sku) => products.find((product) => product.sku === sku);
export const nameOf = (product) => product.name[language];
export const textOf = (product) => product.text[language];
export const priceOf = (product) => product.price[currency];

export function money(amount) {
  return new Intl.NumberFormat(document.documentElement.lang, { style: 'currency', currency }).format(amount);
}

/** What an event says about a product: nothing that depends on the language. */
export function facts(product, quantity) {
  const said = { sku: product.sku, name: product.name.en, category: product.kind, price: priceOf(product), currency };
  return quantity === undefined ? said : { ...said, quantity };
}

export function search(words) {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return products.filter((product) => {
    const text = [product.sku, product.kind, ...Object.values(product.name), ...Object.values(product.text)]
      .join(' ')
      .toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}
