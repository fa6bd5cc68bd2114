/**
 * The three things a person sees: the question (`bar`), the preference centre (`centre`) and the handle that
 * stays. Each is built when it is needed and knows nothing of the SDK: what a button means comes in as `Acts`.
 *
 * The question is no modal: the page behind it works (PIPL 16: no service is refused for want of consent), so it
 * takes neither focus nor scrolling; it stands first in the document, where Tab and a screen reader meet it first.
 * The preference centre was opened by the person and is modal.
 */

import { h, paragraphs } from './dom.js';
import { trap } from './focus.js';
import type { Item, View } from './model.js';
import type { Texts } from './texts.js';

export interface Acts {
  accept(): void;
  reject(): void;
  open(): void;
  close(): void;
  save(isOn: (id: string) => boolean): void;
}

const button = (name: string, text: string, onclick: () => void, of?: string) =>
  h('button', { type: 'button', class: of, 'data-act': name, onclick }, text);

/** Same size, same colour, same row; the refusal first. */
const pair = ({ rejectAll, acceptAll }: Texts, acts: Acts) =>
  h('div', { class: 'pair' }, button('reject', rejectAll, acts.reject), button('accept', acceptAll, acts.accept));

/** Written in the direction of its own words, whatever the page's. */
const said = ({ seen }: View, name: string) => ({ class: name, lang: seen.locale, dir: 'auto' });

const link = ({ url, texts }: View) => url && h('p', {}, h('a', { href: url, 'data-act': 'notice' }, texts.link));

const status = ({ honoured, texts }: View) =>
  honoured &&
  h('p', { class: 'ok', 'data-honoured': true }, h('b', {}, '✓ ', texts.honoured), h('br'), texts.honouredWhy);

export function bar(view: View, acts: Acts): HTMLElement {
  const { texts, items } = view;
  const alone = items.filter(({ kind, lock }) => kind === 'separate' && !lock);
  return h(
    'section',
    { ...said(view, 'bar'), role: 'dialog', 'aria-labelledby': 't', 'aria-describedby': 'b' },
    h('h2', { id: 't' }, texts.title),
    h('div', { id: 'b' }, ...paragraphs(texts.body)),
    alone.length > 0 && h('p', {}, texts.separateWhy, ' ', alone.map(({ title }) => title).join(' · ')),
    status(view),
    link(view),
    pair(texts, acts),
    button('open', texts.preferences, acts.open, 'wide'),
  );
}

export function centre(view: View, acts: Acts): HTMLDialogElement {
  const { texts, items } = view;
  const boxes: Record<string, HTMLInputElement> = {};
  const rows = (list: Item[]) =>
    list.map((item) => {
      const box = toggle(item);
      boxes[item.id] = box;
      return row(item, box, texts);
    });
  const alone = items.filter(({ kind, lock }) => kind !== 'general' && lock !== 'always');
  const dialog = h(
    'dialog',
    { ...said(view, 'centre'), 'aria-labelledby': 't' },
    h(
      'div',
      { class: 'top' },
      h('h2', { id: 't' }, texts.preferences),
      h(
        'button',
        { type: 'button', class: 'x', 'data-act': 'close', 'aria-label': texts.close, onclick: acts.close },
        '×',
      ),
    ),
    h(
      'div',
      { class: 'in' },
      ...paragraphs(texts.body),
      link(view),
      status(view),
      ...rows(items.filter((item) => !alone.includes(item))),
      alone.length > 0 && h('div', {}, h('h3', {}, texts.separate), h('p', {}, texts.separateWhy)),
      ...rows(alone),
    ),
    h(
      'div',
      { class: 'foot' },
      pair(texts, acts),
      button('save', texts.save, () => acts.save((id) => (boxes[id] as HTMLInputElement).checked), 'wide'),
    ),
  );
  dialog.addEventListener('keydown', (event) => {
    trap(dialog, event);
    // the native `cancel` comes only to a dialog that is modal, and closes it behind our back
    if (event.key !== 'Escape') return;
    event.preventDefault();
    acts.close();
  });
  return dialog;
}

function toggle({ id, on, lock }: Item): HTMLInputElement {
  const box = h('input', {
    type: 'checkbox',
    role: 'switch',
    id: `p-${id}`,
    'data-purpose': id,
    'aria-labelledby': `n-${id}`,
    'aria-describedby': `d-${id}`,
    disabled: !!lock,
  });
  box.checked = on;
  return box;
}

function row({ id, title, description, lock }: Item, box: HTMLElement, texts: Texts): HTMLElement {
  const note = { '': '', always: texts.always, gpc: texts.honoured, guardian: texts.guardian }[lock];
  return h(
    'label',
    { class: 'row' },
    h('b', { id: `n-${id}` }, title),
    box,
    h('small', { id: `d-${id}` }, description, ' ', note && h('b', {}, note)),
  );
}

/** Withdrawing is one click, as giving was. */
export function handle(view: View, acts: Acts): HTMLElement {
  const { texts } = view;
  return h(
    'div',
    { ...said(view, 'handle'), role: 'group', 'aria-label': texts.preferences },
    // by its own direction, so that it is not taken for the handle's
    view.honoured && h('span', { 'data-honoured': true, dir: 'auto' }, '✓ ', texts.honoured),
    button('open', texts.preferences, acts.open),
    view.granted && button('withdraw', texts.withdraw, acts.reject),
  );
}
