// Wires the stream to the page. State lives in `state`; everything on the screen is drawn from it.

import { Chart } from './chart.js';
import { $ } from './dom.js';
import { fill } from './drawer.js';
import { figures, know, options } from './figures.js';
import { passes, view } from './rows.js';
import { forget, state } from './state.js';
import { follow } from './stream.js';
import { heads, line, markRepeat, SHOWN } from './table.js';
import { currentLanguage, switchLanguage, translate } from './text.js';

const KEPT = 1000; // rows in memory, also while paused
const DRAW_MS = 120;

const chart = new Chart();
let drawing = 0;

function receive(message) {
  if (state.keys.has(message.key)) return; // after a reconnect the stream begins with rows we have
  const item = view(message);
  state.keys.add(item.key);
  const first = state.messages.get(item.id);
  if (first) return repeated(first, item);
  state.items.push(item);
  if (item.id) state.messages.set(item.id, item);
  if (state.items.length > KEPT) forget(state.items.shift());
  if (state.paused) state.waiting += 1;
  else state.fresh.push(item);
  know('event', state.events, item.event);
  know('source', state.sources, item.source);
  later();
}

/** A client that got no answer sends a message again. The table will hold it once, so the page shows it once. */
function repeated(first, item) {
  first.times += 1;
  first.keys.push(item.key);
  if (!item.replay) state.repeats += 1;
  const shown = [...$('rows').rows].find((tr) => tr.dataset.key === first.key);
  if (shown) markRepeat(shown, first);
  later();
}

function count(tick) {
  state.accepted += tick.accepted;
  let rejected = 0;
  for (const [reason, n] of Object.entries(tick.rejected)) {
    state.reasons[reason] = (state.reasons[reason] ?? 0) + n;
    rejected += n;
  }
  state.rejected += rejected;
  state.skipped += tick.skipped;
  state.unread += tick.unread_bytes;
  state.missed += tick.missed_segments;
  chart.add(tick.accepted, rejected);
  later();
}

function later() {
  if (!drawing) drawing = setTimeout(draw, DRAW_MS);
}

function draw() {
  drawing = 0;
  const lines = state.fresh
    .filter((item) => passes(item, state.filter))
    .slice(-SHOWN)
    .map(line)
    .reverse();
  state.fresh = [];
  const rows = $('rows');
  rows.prepend(...lines);
  while (rows.rows.length > SHOWN) rows.lastElementChild.remove();
  enter(rows);
  figures();
}

function redraw() {
  state.fresh = [];
  if (!state.paused) state.waiting = 0;
  const until = state.paused ? state.items.length - state.waiting : state.items.length;
  const chosen = state.items
    .slice(0, until)
    .filter((item) => passes(item, state.filter))
    .slice(-SHOWN);
  $('rows').replaceChildren(...chosen.map(line).reverse());
  mark();
  enter($('rows'));
  figures();
}

/** One row can always be reached with Tab: the open one, or the newest. */
function enter(rows) {
  if (!rows.querySelector("[tabindex='0']") && rows.firstElementChild) rows.firstElementChild.tabIndex = 0;
}

function open(key) {
  const item = state.items.find((i) => i.key === key);
  state.open = item ? key : '';
  $('drawer').hidden = !item;
  if (item) fill(item);
  mark();
}

function mark() {
  for (const tr of $('rows').rows) {
    const chosen = tr.dataset.key === state.open;
    tr.classList.toggle('open', chosen);
    if (chosen) tr.setAttribute('aria-current', 'true');
    else tr.removeAttribute('aria-current');
  }
}

function focusRow(tr) {
  if (!tr) return;
  for (const other of $('rows').querySelectorAll("[tabindex='0']")) other.tabIndex = -1;
  tr.tabIndex = 0;
  tr.focus();
  if (!$('drawer').hidden) open(tr.dataset.key);
}

function closeDrawer() {
  const key = state.open;
  open('');
  [...$('rows').rows].find((tr) => tr.dataset.key === key)?.focus();
}

function pause() {
  state.paused = !state.paused;
  redraw();
}

function relabel() {
  translate(document);
  heads();
  const other = $('language');
  if (other) other.textContent = currentLanguage() === 'zh' ? 'English' : '中文';
  options('event', state.events);
  options('source', state.sources);
  redraw();
  if (state.open) open(state.open);
}

function theme() {
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  const now = document.documentElement.dataset.theme || (dark ? 'dark' : 'light');
  document.documentElement.dataset.theme = now === 'dark' ? 'light' : 'dark';
  localStorage.setItem('firsthand.live.theme', document.documentElement.dataset.theme);
}

function keys(event) {
  const typing = event.target.matches('input[type=search], select');
  if (event.key === 'Escape' && !$('drawer').hidden) return closeDrawer();
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === '/') {
    event.preventDefault();
    $('text').focus();
  } else if (event.key === 'p' || event.key === 'P') pause();
  else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
    const row = event.target.closest('tr[data-key]');
    if (!row && !event.target.closest('main, body')?.matches('body')) return;
    event.preventDefault();
    if (!row) focusRow($('rows').querySelector("[tabindex='0']"));
    else focusRow(event.key === 'ArrowDown' ? row.nextElementSibling : row.previousElementSibling);
  } else if (event.key === 'Enter' && event.target.matches('tr[data-key]')) {
    open(event.target.dataset.key);
    $('drawer').focus();
  }
}

function listen() {
  $('tools').addEventListener('submit', (event) => event.preventDefault());
  $('tools').addEventListener('input', () => {
    state.filter.text = $('text').value.trim().toLowerCase();
    state.filter.verdict = new FormData($('tools')).get('verdict');
    state.filter.event = $('event').value;
    state.filter.source = $('source').value;
    redraw();
  });
  $('reasons').addEventListener('click', (event) => {
    const reason = event.target.closest('[data-reason]')?.dataset.reason;
    if (!reason) return;
    state.filter.reason = state.filter.reason === reason ? '' : reason;
    redraw();
  });
  $('pause').addEventListener('click', pause);
  $('clear').addEventListener('click', () => {
    state.items = [];
    state.messages.clear();
    state.keys.clear();
    Object.assign(state, {
      accepted: 0,
      repeats: 0,
      rejected: 0,
      reasons: {},
      skipped: 0,
      unread: 0,
      missed: 0,
      waiting: 0,
    });
    open('');
    redraw();
  });
  $('rows').addEventListener('click', (event) => {
    const row = event.target.closest('tr');
    if (row) {
      focusRow(row);
      open(row.dataset.key);
    }
  });
  $('close').addEventListener('click', closeDrawer);
  $('language')?.addEventListener('click', () => {
    switchLanguage();
    relabel();
  });
  $('theme')?.addEventListener('click', theme);
  document.addEventListener('keydown', keys);
  setInterval(() => {
    state.rate = chart.step();
    figures();
  }, 1000);
}

const saved = $('theme') && localStorage.getItem('firsthand.live.theme'); // the console's shell has its own
if (saved) document.documentElement.dataset.theme = saved;
relabel();
listen();
follow({
  row: receive,
  tick: count,
  state: (name) => {
    state.connection = name;
    figures();
  },
});
