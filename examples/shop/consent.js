// The plain choice: two equal buttons, a link in the footer that opens the same question again. No reload, no nagging,
// and the shop is the same whatever is chosen.

import { h } from './dom.js';
import { t } from './text.js';
import { analyticsAllowed, sdkReady, setConsent, withdrawConsent } from './tracking.js';

let banner = null;

export async function askOnce() {
  if ((await sdkReady()) && analyticsAllowed() === null) ask(false);
}

/** Show the question; `again` says that the person opened it herself. */
export function ask(again) {
  banner?.remove();
  const now = analyticsAllowed();
  const choose = (yes) => () => {
    if (yes) setConsent(true);
    else if (now === true) withdrawConsent();
    else setConsent(false);
    banner.remove();
    banner = null;
  };
  banner = h(
    'section',
    {
      class: 'consent',
      role: 'dialog',
      'aria-labelledby': 'consent-title',
      tabindex: '-1',
      'data-firsthand-ignore': true,
    },
    h('h2', { id: 'consent-title' }, t('consentTitle')),
    h('p', {}, t('consentText')),
    again && now !== null && h('p', { class: 'now' }, t(now ? 'consentNowYes' : 'consentNowNo')),
    h(
      'div',
      { class: 'choices' },
      h('button', { type: 'button', class: 'choice', id: 'consent-reject', onclick: choose(false) }, t('reject')),
      h('button', { type: 'button', class: 'choice', id: 'consent-accept', onclick: choose(true) }, t('accept')),
    ),
  );
  document.body.append(banner);
  if (again) banner.focus();
}
