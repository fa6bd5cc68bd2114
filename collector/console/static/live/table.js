// The stream table: newest first, a bounded number of rows in the document.

import { $, el } from './dom.js';
import { clock, hue } from './rows.js';
import { t } from './text.js';

export const SHOWN = 300;
const COLUMNS = ['time', 'verdict', 'event', 'page', 'client', 'geo', 'session', 'consent', 'source'];

export function heads() {
  $('heads').replaceChildren(
    ...COLUMNS.map((name) => {
      const th = el('th', name, t(name));
      th.scope = 'col';
      return th;
    }),
  );
}

export function line(item) {
  const tr = el('tr', item.verdict, ...COLUMNS.map((name) => el('td', name, ...CELLS[name](item))));
  if (item.replay) tr.classList.add('replay');
  tr.tabIndex = -1;
  tr.dataset.key = item.key;
  for (const name of ['page', 'client', 'geo']) {
    const cell = tr.querySelector(`td.${name}`);
    cell.title = cell.textContent; // one line each: what does not fit is said by the pointer
  }
  markRepeat(tr, item);
  return tr;
}

/** Say on the row that its message came more than once. */
export function markRepeat(tr, item) {
  if (item.times < 2) return;
  const cell = tr.querySelector('td.event');
  const tag = cell.querySelector('.times') ?? cell.appendChild(el('span', 'tag times'));
  tag.textContent = `×${item.times}`;
  tag.title = t('timesHint');
}

const CELLS = {
  time: (item) => [el('time', '', clock(item.time))],
  verdict: (item) => [badge(item)],
  event: (item) => [
    el('b', `kind ${kind(item.event)}`, item.event),
    ...(item.bot ? [el('span', 'tag', item.bot)] : []),
  ],
  page: (item) => [
    ...(item.what ? [el('span', 'what', item.what)] : []),
    ...(item.path ? [el('span', 'path', item.path)] : item.what ? [] : [faint('–')]),
  ],
  client: (item) => two(item.browser, item.os),
  geo: (item) => [item.geo || faint('–')],
  session: (item) => (item.session ? [session(item.session)] : [faint('–')]),
  consent: (item) => consent(item),
  source: (item) => [item.source],
};

export function badge(item) {
  const text = item.verdict === 'accepted' ? t('accepted') : item.reason;
  return el('span', `badge ${item.verdict}`, text);
}

function kind(event) {
  if (['identify', 'alias', 'group', '$identify', '$alias', '$group'].includes(event)) return 'k-person';
  if (['$page', 'page', 'screen', '$page_leave'].includes(event)) return 'k-page';
  if (event.startsWith('$click') || event === '$rage_click' || event === '$dead_click') return 'k-click';
  if (event.startsWith('$')) return 'k-auto';
  return 'k-own';
}

function two(first, second) {
  if (!first && !second) return [faint('–')];
  return [...(first ? [first] : []), ...(second ? [el('span', 'path', second)] : [])];
}

function session(id) {
  const dot = el('i', 'dot');
  dot.style.setProperty('--hue', String(hue(id)));
  const chip = el('span', 'session-id', dot, id.slice(-6));
  chip.title = id;
  return chip;
}

function consent(item) {
  const asked = item.consent.filter((purpose) => purpose !== 'necessary'); // that one is never asked for
  const chips = (asked.length ? asked : item.consent).map((purpose) => el('span', 'tag', purpose));
  if (item.gpc) chips.push(el('span', 'tag warn', 'GPC'));
  return chips.length ? chips : [faint(t('none'))];
}

function faint(text) {
  return el('span', 'faint', text);
}
