import { search } from '../catalog.js';
import { h } from '../dom.js';
import { grid, show } from '../shell.js';
import { t } from '../text.js';
import { track } from '../tracking.js';

const query = (new URLSearchParams(location.search).get('q') ?? '').trim().slice(0, 80);
const found = query ? search(query) : [];
show(
  t('search'),
  h('h1', {}, t(found.length ? 'found' : 'nothing', { n: found.length, q: query })),
  grid(found, 'search'),
);
// The words stand in the page's address, where the SDK looks for anything personal in them; they are not repeated here
track('Products Searched', { results: found.length });
