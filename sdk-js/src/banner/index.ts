/**
 * The banner by npm: `mountBanner(firsthand, { purposes: ['analytics'] })`. Importing it defines nothing and touches
 * no DOM, so it is safe where a server renders.
 */

import type { Undo } from '../core/ports.js';
import type { Sdk } from './banner.js';
import { FirsthandBanner } from './element.js';
import type { Texts } from './texts.js';

export type { Sdk } from './banner.js';
export { FirsthandBanner } from './element.js';
export type { Purpose } from './model.js';
export type { Texts } from './texts.js';

export const TAG = 'firsthand-banner';

export interface BannerOptions {
  /** What is asked for where the collector has no policy: built-in purposes or your own; `analytics`. */
  purposes?: readonly string[];
  /** BCP 47; else the policy's language, the document's, the browser's. */
  lang?: string;
  theme?: 'light' | 'dark' | 'auto';
  /** `off`: no handle stays; then the page needs a link of its own that calls `open()`. */
  handle?: 'on' | 'off';
  noticeUrl?: string;
  texts?: Partial<Texts>;
}

export interface Banner {
  open(purpose?: string): void;
  close(): void;
  remove: Undo;
}

export function defineBanner(): void {
  if (!customElements.get(TAG)) customElements.define(TAG, FirsthandBanner);
}

/** First in the body, so that Tab and a screen reader meet it first. */
export function mountBanner(sdk: Sdk, options: BannerOptions = {}): Banner {
  defineBanner();
  const { purposes, lang, theme, handle, noticeUrl, texts } = options;
  const element = document.createElement(TAG) as FirsthandBanner;
  element.sdk = sdk;
  if (texts) element.texts = texts;
  const attributes = { purposes: purposes && purposes.join(' '), lang, theme, handle, 'notice-url': noticeUrl };
  for (const [name, value] of Object.entries(attributes)) if (value) element.setAttribute(name, value);
  document.body.prepend(element);
  return element;
}
