import * as cart from '../cart.js';
import { facts, money, nameOf, priceOf } from '../catalog.js';
import { h } from '../dom.js';
import { picture, show } from '../shell.js';
import { t } from '../text.js';
import { track } from '../tracking.js';

function line({ product, quantity }) {
  const change = (event) => cart.put(product.sku, Math.floor(Number(event.target.value)) || 0);
  const remove = () => {
    cart.put(product.sku, 0);
    track('Product Removed', facts(product, quantity));
  };
  return h(
    'li',
    {},
    picture(product),
    h('a', { href: `/demo/product/${product.sku}` }, nameOf(product)),
    h('input', {
      type: 'number',
      min: '0',
      max: '20',
      value: String(quantity),
      'aria-label': t('quantity'),
      onchange: change,
    }),
    h('b', {}, money(priceOf(product) * quantity)),
    h(
      'button',
      {
        class: 'plain',
        type: 'button',
        onclick: remove,
        'data-track': 'remove-from-cart',
        'data-track-sku': product.sku,
      },
      t('remove'),
    ),
  );
}

function draw() {
  const lines = cart.items();
  if (!lines.length) {
    return show(
      t('cart'),
      h('h1', {}, t('cart')),
      h('p', {}, t('emptyCart')),
      h('a', { class: 'button', href: '/demo/' }, t('look')),
    );
  }
  return show(
    t('cart'),
    h('h1', {}, t('cart')),
    h('ul', { class: 'lines' }, ...lines.map(line)),
    h('p', { class: 'sum' }, t('total'), h('b', {}, money(cart.total()))),
    h('a', { class: 'button', href: '/demo/checkout', 'data-track': 'checkout' }, t('checkout')),
  );
}

cart.onChange(draw);
draw();
track('Cart Viewed', { products: cart.count(), total: cart.total() });
