// The cart: { sku: quantity }, kept in this browser.

import { find, priceOf } from './catalog.js';

const KEY = 'fern.cart';
const listeners = new Set();

function load() {
  try {
    return Object.entries(JSON.parse(localStorage.getItem(KEY) ?? '{}')).filter(([sku, n]) => find(sku) && n > 0);
  } catch {
    return []; // somebody edited it by hand: begin with an empty one
  }
}

let lines = new Map(load());

export const items = () => [...lines].map(([sku, quantity]) => ({ product: find(sku), quantity }));
export const count = () => [...lines.values()].reduce((sum, n) => sum + n, 0);
export const total = () => items().reduce((sum, { product, quantity }) => sum + priceOf(product) * quantity, 0);

export function put(sku, quantity) {
  if (quantity > 0) lines.set(sku, Math.min(quantity, 20));
  else lines.delete(sku);
  save();
}

export const add = (sku, quantity) => put(sku, (lines.get(sku) ?? 0) + quantity);

export function empty() {
  lines = new Map();
  save();
}

export function onChange(listener) {
  listeners.add(listener);
}

function save() {
  localStorage.setItem(KEY, JSON.stringify(Object.fromEntries(lines)));
  for (const listener of listeners) listener();
}
