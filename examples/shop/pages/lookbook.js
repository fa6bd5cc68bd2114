// A single-page section: three pictures, each with its own address, changed by the history API without a load.

import { find } from '../catalog.js';
import { h } from '../dom.js';
import { grid, picture, show } from '../shell.js';
import { language, t } from '../text.js';

const SCENES = [
  {
    id: 'morning',
    skus: ['kettle', 'cup', 'cloth'],
    en: ['Morning', 'The first water of the day, and nobody else awake.'],
    zh: ['清晨', '一天的第一壶水，家人还在睡。'],
  },
  {
    id: 'rain',
    skus: ['teapot', 'bowl', 'book'],
    en: ['Rain', 'Nothing to do, three hours to do it in.'],
    zh: ['雨天', '无事可做，正好三个钟头。'],
  },
  {
    id: 'evening',
    skus: ['incense', 'puer', 'vase'],
    en: ['Evening', 'The tenth steeping is for talking.'],
    zh: ['黄昏', '第十泡，用来聊天。'],
  },
];

function draw() {
  const id = location.pathname.split('/')[3];
  const at = Math.max(
    0,
    SCENES.findIndex((scene) => scene.id === id),
  );
  const scene = SCENES[at];
  const [name, text] = scene[language];
  const products = scene.skus.map(find);
  const link = (to, label, track) =>
    h('a', { class: 'button', href: `/demo/lookbook/${to.id}`, onclick: go, 'data-track': track }, label);
  show(
    `${t('lookbook')}: ${name}`,
    h(
      'article',
      { class: `scene ${scene.id}` },
      h('div', { class: 'stage' }, ...products.map(picture)),
      h('h1', {}, name),
      h('p', {}, text),
    ),
    h(
      'nav',
      { class: 'scenes' },
      link(SCENES[(at + SCENES.length - 1) % SCENES.length], `← ${t('previous')}`, 'lookbook-previous'),
      ...SCENES.map((other) =>
        h(
          'a',
          { href: `/demo/lookbook/${other.id}`, onclick: go, 'aria-current': other === scene && 'page' },
          other[language][0],
        ),
      ),
      link(SCENES[(at + 1) % SCENES.length], `${t('next')} →`, 'lookbook-next'),
    ),
    h('h2', {}, t('shopThis')),
    grid(products, 'lookbook'),
  );
}

function go(event) {
  if (event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  history.pushState(null, '', event.currentTarget.getAttribute('href'));
  draw();
}

window.addEventListener('popstate', draw);
draw();
