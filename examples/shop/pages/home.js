import { products } from '../catalog.js';
import { h } from '../dom.js';
import { grid, show } from '../shell.js';
import { t } from '../text.js';
import { track } from '../tracking.js';

const kind = new URLSearchParams(location.search).get('kind');
const known = ['pots', 'cups', 'tea', 'home'].includes(kind);

if (known) {
  const chosen = products.filter((product) => product.kind === kind);
  show(t(kind), h('h1', {}, t(kind)), grid(chosen, kind));
  track('Product List Viewed', { category: kind, products: chosen.length });
} else {
  show(
    t('tagline').replace(/[.。]$/, ''),
    h(
      'section',
      { class: 'hero' },
      h(
        'div',
        {},
        h('h1', {}, t('tagline')),
        h('p', {}, t('intro')),
        h('a', { class: 'button', href: '/demo/lookbook', 'data-track': 'hero-lookbook' }, t('lookbook')),
      ),
      h('img', { src: '/demo/art/teapot.svg', alt: '', width: '400', height: '400' }),
      h('img', { src: '/demo/art/cup.svg', alt: '', width: '400', height: '400' }),
    ),
    h('h2', {}, t('all')),
    grid(products, 'home'),
  );
}
