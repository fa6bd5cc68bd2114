// What the browser can do better than the server: show times in the reader's zone, copy, close menus, draw charts,
// make cards of tables that are too wide. Every page works without it.

import { cards } from './cards.js';
import { charts } from './chart.js';

function times(root) {
  const language = document.documentElement.lang;
  const near = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' });
  const exact = new Intl.DateTimeFormat(language, { dateStyle: 'full', timeStyle: 'long' });
  for (const element of root.querySelectorAll('time[datetime]:not([data-local])')) {
    const when = new Date(element.dateTime);
    if (Number.isNaN(when.getTime())) continue;
    element.dataset.local = '';
    element.textContent = near.format(when);
    element.title = exact.format(when);
  }
}

function copy(event) {
  const button = event.target.closest?.('[data-copy]');
  if (!button) return;
  const text = document.getElementById(button.dataset.copy).textContent;
  navigator.clipboard.writeText(text).then(() => {
    const was = button.textContent;
    button.textContent = button.dataset.done;
    setTimeout(() => {
      button.textContent = was;
    }, 1500);
  });
}

function closeMenus(event) {
  for (const menu of document.querySelectorAll('details.menu[open]')) {
    if (event.type === 'keydown' ? event.key !== 'Escape' : menu.contains(event.target)) continue;
    if (event.type === 'keydown' && menu.contains(document.activeElement)) menu.querySelector('summary').focus();
    menu.open = false;
  }
}

/** After a change of language or light one is back where one is now, also if a piece was renewed since. */
function back(event) {
  const field = event.target.matches('.look') && event.target.elements.back;
  if (field && field.value.startsWith(location.pathname)) field.value = location.pathname + location.search;
}

function enhance(root) {
  times(root);
  charts(root);
  cards(root);
  for (const button of root.querySelectorAll('[data-copy]')) button.hidden = false;
  for (const field of root.querySelectorAll('[data-submits]:not([data-wired])')) {
    field.dataset.wired = '';
    field.addEventListener('change', () => field.form.requestSubmit());
  }
}

enhance(document);
document.addEventListener('htmx:after:swap', () => enhance(document));
document.addEventListener('submit', back);
document.addEventListener('click', copy);
document.addEventListener('click', closeMenus);
document.addEventListener('keydown', closeMenus);
