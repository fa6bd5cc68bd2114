/** `<firsthand-banner>`: attributes and life cycle of the element around the banner itself. */

import { whenPresent } from '../browser/present.js';
import type { Undo } from '../core/ports.js';
import { type Controls, createBanner, type Sdk } from './banner.js';
import { dress } from './style.js';
import type { Texts } from './texts.js';

/** A server that renders the page has no elements; there the class is defined and never made. */
const Base = (globalThis.HTMLElement || class {}) as typeof HTMLElement;

export class FirsthandBanner extends Base {
  /** The SDK, if it is not `window.firsthand`. */
  sdk?: Sdk;
  /** Single words of the site's own, over those of the policy and the built-in ones. */
  texts?: Partial<Texts>;
  /** Nothing in it before there is an SDK. */
  #controls?: Controls;
  #undo?: Undo;

  connectedCallback(): void {
    // the SDK's click tracking looks away from here
    this.setAttribute('data-firsthand-ignore', '');
    const root = this.shadowRoot || this.attachShadow({ mode: 'open' });
    dress(root);
    this.#undo = whenPresent(
      () => {
        const sdk = this.sdk || (window as { firsthand?: Sdk }).firsthand;
        // the page's stub knows no `get`, and before `init` nothing is known
        return sdk?.consent.get?.() && sdk;
      },
      (sdk) => {
        this.#controls = createBanner(root, sdk, () => ({
          purposes: (this.getAttribute('purposes') || 'analytics').split(/[\s,]+/),
          locale: this.lang || document.documentElement.lang || navigator.language,
          url: this.getAttribute('notice-url'),
          handle: this.getAttribute('handle') !== 'off',
          texts: this.texts || {},
        }));
        return this.#controls.stop;
      },
    );
  }

  disconnectedCallback(): void {
    this.#undo?.();
  }

  open(purpose?: string): void {
    this.#controls?.open(purpose);
  }

  close(): void {
    this.#controls?.close();
  }
}
