import { money } from '../catalog.js';
import { h } from '../dom.js';
import { show } from '../shell.js';
import { t } from '../text.js';

const order = JSON.parse(sessionStorage.getItem('fern.order') ?? 'null');
const text = order ? t('thanksText', { id: order.orderId, sum: money(order.total) }) : t('emptyCart');
show(
  t('thanks'),
  h(
    'section',
    { class: 'thanks' },
    h('img', { src: '/demo/art/kettle.svg', alt: '', width: '400', height: '400' }),
    h('h1', {}, t('thanks')),
    h('p', {}, text),
    h('a', { class: 'button', href: '/demo/' }, t('again')),
  ),
);
