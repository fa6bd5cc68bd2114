/**
 * What plugins of the mini-program SDK get beside the core's `PluginApi`: the platform, once. A plugin is a function of it
 * that gives a `Plugin`; those in `extras.ts` are in a file of their own, so that only who wants them loads them, and the
 * names below stay as they are in every build.
 */

import type { Client } from '../../sdk-js/src/core/api.js';
import type { Plugin } from '../../sdk-js/src/core/plugin.js';
import type { Query } from './context.js';
import type { Front } from './front.js';
import type { Hooks } from './hooks.js';
import type { Views } from './views.js';
import type { WxmlNode } from './wx.js';

export interface Host {
  front: Front;
  views: Views;
  /** Wraps the constructors at the first call, so a plugin that needs them asks when it is installed. */
  hooks(): Hooks;
  /** Titles by path (`/pages/cart/cart`), as the app declares them: WeChat has no way to read one. */
  titles: Readonly<Record<string, string>>;
  client: Client;
  endpoint: string;
  writeKey: string;
  /** Adds verbs to what `init` gave. */
  extend(verbs: object): void;
  /** Says something to the developer, once. */
  hint(message: string): void;
  /** The name of a handler, where a framework sends everything through one method; set by a plugin. */
  nameOf?: (method: string, type: string, dataset: Record<string, unknown>) => string | undefined;
  /** The node with the dataset that the app gave it, where a framework keeps that to itself; set by a plugin. */
  nodeOf?: (node: WxmlNode) => WxmlNode;
  /** What the card that somebody came by says; set by a plugin. */
  shareOf?: (query: Query) => object;
  /** The card that should be shared instead of this one; set by a plugin. */
  stamp?: (card: unknown, isTimeline: boolean) => unknown;
}

export type MakePlugin = (host: Host) => Plugin;
