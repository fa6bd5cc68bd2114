// The fields hold what is personal. They are read only to check that they are filled in; the one thing that goes into an
// event is the e-mail as a trait of `identify`, which the collector turns into a keyed pseudonym before it is stored.

import * as cart from '../cart.js';
import { facts, money, nameOf, priceOf } from '../catalog.js';
import { config } from '../config.js';
import { h } from '../dom.js';
import { show } from '../shell.js';
import { currency, t } from '../text.js';
import { identify, identityForServer, track } from '../tracking.js';

const FIELDS = [
  ['name', 'text', 'name'],
  ['email', 'email', 'email'],
  ['phone', 'tel', 'tel'],
  ['address', 'text', 'street-address'],
  ['city', 'text', 'address-level2'],
  ['postcode', 'text', 'postal-code'],
];

async function order() {
  const items = cart.items().map(({ product, quantity }) => ({ sku: product.sku, quantity }));
  const answer = await fetch(`${config.orders}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ items, currency, ...identityForServer() }),
  });
  if (!answer.ok) throw new Error(`the order service answered ${answer.status}`);
  return answer.json();
}

async function pay(event) {
  event.preventDefault();
  const button = event.target.querySelector('button');
  button.disabled = true;
  button.textContent = t('paying');
  try {
    const { orderId, customerId, total } = await order();
    identify(customerId, { email: new FormData(event.target).get('email') });
    track('Order Completed', {
      order_id: orderId,
      total,
      currency,
      items: cart.items().map(({ product, quantity }) => facts(product, quantity)),
    });
    sessionStorage.setItem('fern.order', JSON.stringify({ orderId, total }));
    cart.empty();
    location.href = '/demo/thanks';
  } catch {
    button.disabled = false;
    button.textContent = t('pay', { sum: money(cart.total()) });
    document.getElementById('failed').textContent = t('failed');
  }
}

if (cart.count()) {
  show(
    t('checkout'),
    h('h1', {}, t('checkout')),
    h(
      'div',
      { class: 'checkout' },
      h(
        'form',
        { onsubmit: pay },
        ...FIELDS.map(([name, type, autocomplete]) =>
          h('label', {}, t(name), h('input', { name, type, autocomplete, required: true, maxlength: '120' })),
        ),
        h('p', { class: 'note' }, t('payNote')),
        h('p', { class: 'failed', id: 'failed', role: 'alert' }),
        h('button', { class: 'button', 'data-track': 'pay' }, t('pay', { sum: money(cart.total()) })),
      ),
      h(
        'aside',
        {},
        h('h2', {}, t('yourOrder')),
        ...cart
          .items()
          .map(({ product, quantity }) =>
            h(
              'p',
              {},
              h('span', {}, `${quantity} × ${nameOf(product)}`),
              h('b', {}, money(priceOf(product) * quantity)),
            ),
          ),
        h('p', { class: 'sum' }, t('total'), h('b', {}, money(cart.total()))),
      ),
    ),
  );
  track('Checkout Started', { products: cart.count(), total: cart.total(), currency });
} else {
  location.replace('/demo/cart');
}
