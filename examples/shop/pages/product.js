import * as cart from '../cart.js';
import { facts, find, money, nameOf, priceOf, products, textOf } from '../catalog.js';
import { h } from '../dom.js';
import { grid, picture, show } from '../shell.js';
import { t } from '../text.js';
import { track } from '../tracking.js';

const product = find(location.pathname.split('/').pop());

if (product) {
  const quantity = h('input', { type: 'number', min: '1', max: '20', value: '1', id: 'quantity' });
  const done = h('p', { class: 'done', role: 'status' });
  const add = () => {
    const number = Math.max(1, Math.min(20, Math.floor(Number(quantity.value)) || 1));
    cart.add(product.sku, number);
    track('Product Added', facts(product, number));
    done.replaceChildren(t('added'), ' · ', h('a', { href: '/demo/cart' }, t('cart')));
  };
  const near = products.filter((other) => other.sku !== product.sku && other.kind === product.kind);
  const far = products.filter((other) => other.kind !== product.kind);
  show(
    nameOf(product),
    h(
      'p',
      { class: 'crumbs' },
      h('a', { href: '/demo/' }, t('back')),
      ' / ',
      h('a', { href: `/demo/?kind=${product.kind}` }, t(product.kind)),
    ),
    h(
      'article',
      { class: 'product' },
      picture(product),
      h(
        'div',
        {},
        h('h1', {}, nameOf(product)),
        h('p', { class: 'price' }, money(priceOf(product))),
        h('p', {}, textOf(product)),
        h(
          'div',
          { class: 'buy' },
          h('label', { for: 'quantity' }, t('quantity')),
          quantity,
          h(
            'button',
            {
              class: 'button',
              type: 'button',
              onclick: add,
              'data-track': 'add-to-cart',
              'data-track-sku': product.sku,
            },
            t('add'),
          ),
        ),
        done,
      ),
    ),
    h('h2', {}, t('related')),
    grid([...near, ...far].slice(0, 4), 'related'),
  );
  track('Product Viewed', facts(product));
} else {
  show(t('notFound'), h('h1', {}, t('notFound')), h('a', { class: 'button', href: '/demo/' }, t('back')));
}
