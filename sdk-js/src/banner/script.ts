/**
 * The banner by script tag, beside the SDK's: `<script async src="https://collector/banner.js"></script>`. Options
 * are `data-` attributes of the tag, named as the element's. A `<firsthand-banner>` that stands in the page already
 * is used as it is; with `data-mount="off"` the page places one where it likes, also inside a shadow root.
 */

import { defineBanner, TAG } from './index.js';

function mount(script: HTMLScriptElement | null): void {
  defineBanner();
  if (document.querySelector(TAG) || script?.dataset.mount === 'off') return;
  const element = document.createElement(TAG);
  for (const { name, value } of script?.attributes || []) {
    if (name.startsWith('data-')) element.setAttribute(name.slice(5), value);
  }
  document.body.prepend(element);
}

const script = document.currentScript as HTMLScriptElement | null;
if (document.body) mount(script);
else document.addEventListener('DOMContentLoaded', () => mount(script), { once: true });
