// The totals, the reasons, the notice, the buttons: what stands around the table.

import { $, el } from './dom.js';
import { state } from './state.js';
import { currentLanguage, number, t } from './text.js';

export function figures() {
  $('accepted').textContent = number(state.accepted);
  $('repeats').textContent = state.repeats ? t('repeats', { n: number(state.repeats) }) : '';
  $('rejected').textContent = number(state.rejected);
  $('rate').textContent = number(state.rate);
  const reasons = Object.entries(state.reasons)
    .sort((a, b) => b[1] - a[1])
    .map(([reason, n]) => {
      const chip = el('button', 'chip', reason, el('b', '', number(n)));
      chip.type = 'button';
      chip.dataset.reason = reason;
      chip.setAttribute('aria-pressed', String(state.filter.reason === reason));
      return chip;
    });
  const signature = JSON.stringify([state.reasons, state.filter.reason, currentLanguage()]);
  if ($('reasons').dataset.signature !== signature) {
    $('reasons').dataset.signature = signature; // a chip under the pointer must not be replaced each tick
    $('reasons').replaceChildren(...(reasons.length ? reasons : [el('span', 'faint', t('noReasons'))]));
  }
  const none = !$('rows').rows.length;
  $('empty').hidden = !none;
  $('empty').querySelector('p').textContent = t(state.items.length ? 'emptyFiltered' : 'empty');
  $('emptyHint').hidden = state.items.length > 0;
  notice();
  const pause = $('pause');
  pause.textContent = !state.paused
    ? t('pause')
    : state.waiting
      ? t('resumeWaiting', { n: number(state.waiting) })
      : t('resume');
  pause.setAttribute('aria-pressed', String(state.paused));
  const shown = state.paused && state.connection === 'live' ? 'paused' : state.connection;
  $('state').dataset.state = shown;
  const words = $('state').querySelector('span');
  if (words.textContent !== t(shown)) words.textContent = t(shown);
}

function notice() {
  const parts = [];
  if (state.skipped) parts.push(t('skipped', { n: number(state.skipped) }));
  if (state.unread) parts.push(t('unread', { n: `${number(Math.ceil(state.unread / 1024))} KB` }));
  if (state.missed) parts.push(t('missed', { n: number(state.missed) }));
  $('notice').hidden = !parts.length;
  const text = parts.join(' · ');
  if ($('notice').textContent !== text) $('notice').textContent = text;
}

/** Offer a value in one of the selections once it has been seen. */
export function know(id, known, value) {
  if (!value || known.has(value) || known.size >= 200) return;
  known.add(value);
  options(id, known);
}

export function options(id, known) {
  const select = $(id);
  const every = new Option(t(id === 'event' ? 'allEvents' : 'allSources'), '');
  select.replaceChildren(every, ...[...known].sort().map((value) => new Option(value, value)));
  select.value = state.filter[id];
}
