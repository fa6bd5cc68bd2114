// The SDK's own banner, with the shop's words and colours. It asks once, keeps a handle in the corner where one click
// takes a yes back, and opens again from the footer. No reload, no nagging, and the shop is the same whatever is chosen.

import { t } from './text.js';

// made before the banner's script has arrived, if it likes: the browser turns it into the banner then
const banner = document.createElement('firsthand-banner');

export function askOnce() {
  banner.texts = {
    title: t('consentTitle'),
    body: t('consentText'),
    acceptAll: t('accept'),
    rejectAll: t('reject'),
    preferences: t('privacy'),
  };
  banner.setAttribute('theme', 'light'); // as the shop is
  document.body.prepend(banner);
}

export const ask = () => banner.open?.();
