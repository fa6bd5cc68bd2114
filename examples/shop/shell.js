// What all pages share: head, search, cart count, footer, and the question about consent.

import * as cart from './cart.js';
import { money, nameOf, priceOf } from './catalog.js';
import { config } from './config.js';
import { ask, askOnce } from './consent.js';
import { h } from './dom.js';
import { switchLanguage, t, title } from './text.js';

const main = h('main', {});

/** Put the page's own content between head and foot. */
export function show(heading, ...content) {
  title(heading);
  main.replaceChildren(...content);
  if (main.isConnected) return;
  document.body.append(head(), main, foot());
  askOnce();
}

function head() {
  const badge = h('b', { id: 'cart-count' }, String(cart.count()));
  cart.onChange(() => {
    badge.textContent = String(cart.count());
  });
  const query = new URLSearchParams(location.search).get('q') ?? '';
  return h(
    'header',
    { class: 'head' },
    h(
      'a',
      { class: 'brand', href: '/demo/' },
      h('img', { src: '/demo/art/mark.svg', alt: '', width: '34', height: '34' }),
      t('shop'),
    ),
    h(
      'nav',
      {},
      ...['pots', 'cups', 'tea', 'home'].map((kind) =>
        h('a', { href: `/demo/?kind=${kind}`, 'data-track': 'category', 'data-track-category': kind }, t(kind)),
      ),
      h('a', { href: '/demo/lookbook' }, t('lookbook')),
    ),
    h(
      'form',
      { action: '/demo/search', role: 'search' },
      h('input', {
        type: 'search',
        name: 'q',
        value: query,
        placeholder: t('searchHint'),
        'aria-label': t('search'),
        maxlength: '80',
        required: true,
      }),
      h('button', { 'data-track': 'search' }, t('search')),
    ),
    h(
      'button',
      { class: 'plain', type: 'button', id: 'language', 'data-track': 'language', onclick: switchLanguage },
      t('other'),
    ),
    h('a', { class: 'cart', href: '/demo/cart', 'data-track': 'open-cart' }, t('cart'), ' ', badge),
  );
}

function foot() {
  return h(
    'footer',
    { class: 'foot' },
    h('span', {}, t('demo')),
    config.live && h('a', { href: '/live', target: '_blank' }, t('live')),
    h('button', { class: 'plain', type: 'button', id: 'privacy', onclick: ask }, t('privacy')),
  );
}

export const picture = (product) =>
  h('img', { src: `/demo/art/${product.sku}.svg`, alt: nameOf(product), width: '400', height: '400', loading: 'lazy' });

export function card(product, where) {
  return h(
    'a',
    {
      class: 'card',
      href: `/demo/product/${product.sku}`,
      'data-track': 'product-card',
      'data-track-sku': product.sku,
      'data-track-list': where,
    },
    picture(product),
    h('span', {}, nameOf(product)),
    h('b', {}, money(priceOf(product))),
  );
}

export const grid = (products, where) =>
  h('div', { class: 'grid' }, ...products.map((product) => card(product, where)));
