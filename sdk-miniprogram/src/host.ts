/** What plugins of the mini-program SDK share beside the core's `PluginApi`: the platform, once. */

import type { Query } from './context.js';
import type { Front } from './front.js';
import type { Hooks } from './hooks.js';
import type { Views } from './views.js';

export interface Host {
  front: Front;
  views: Views;
  /** Wraps the constructors at the first call, so a plugin that needs them asks when it is installed. */
  hooks(): Hooks;
  /** Titles by path (`/pages/cart/cart`), as the app declares them: WeChat has no way to read one. */
  titles: Readonly<Record<string, string>>;
  /** What the token says that a page or the mini-program was opened with. */
  shareOf(query: Query): { share?: string; shareDepth?: number };
  /** The token that a shared card should carry; null if cards are left alone or there is none yet. */
  nextShare(): string | null;
  /** Set by the exposure plugin. */
  observe(component: object): void;
}
