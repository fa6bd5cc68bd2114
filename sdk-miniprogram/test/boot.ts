/** A fresh host with a fresh copy of the SDK in it, as one start of a mini-program. */

import { vi } from 'vitest';
import type { WeChatVerbs } from '../src/extras/index.js';
import type { Firsthand, InitOptions } from '../src/index.js';
import { createHost, type Host, type HostOptions } from './host/host.js';

export const OPTIONS: InitOptions = { writeKey: 'wk', endpoint: 'https://c.example', strict: true };

/** With the verbs of `plugins.js`, where a test has put those among its plugins. */
export type Sdk = Firsthand & WeChatVerbs;

export interface Started {
  host: Host;
  sdk: Sdk;
}

/** What `app.js` and the pages of a small mini-program register. `pages`: options by route. */
export interface Parts {
  app?: Record<string, unknown>;
  pages?: Record<string, Record<string, unknown>>;
  components?: Record<string, Record<string, unknown>>;
}

let last: Sdk | null = null;

type Scope = Record<string, (options: unknown) => unknown>;

/** `app.js` is run: SDK started, everything registered, nothing launched yet. */
export async function load(
  options: Partial<InitOptions> = {},
  parts: Parts = {},
  on: HostOptions = {},
): Promise<Started> {
  // its timers must not fire into the next host
  if (last) last.close();
  vi.resetModules();
  const host = createHost(on);
  const { init } = await import('../src/index.js');
  last = init({ ...OPTIONS, ...options }) as Sdk;
  register(host, parts);
  return { host, sdk: last };
}

export function register(
  host: Host,
  { app = {}, pages = { 'pages/home/home': {}, 'pages/cart/cart': {} }, components = {} }: Parts,
): void {
  const scope = globalThis as unknown as Scope;
  if (scope.App) scope.App(app);
  for (const [route, made] of Object.entries(pages)) host.define(route, () => scope.Page?.(made));
  for (const [route, made] of Object.entries(components)) host.define(route, () => scope.Component?.(made));
}

/** The same, opened at the home page, with consent given unless `options` say otherwise. */
export async function start(
  options: Partial<InitOptions> = {},
  parts: Parts = {},
  on: HostOptions = {},
): Promise<Started> {
  const started = await load({ consentMode: 'opt_out', ...options }, parts, on);
  started.host.launch('pages/home/home');
  return started;
}

/** Everything that is queued, delivered: the messages of all requests so far. */
export async function delivered({ host, sdk }: Started): Promise<Message[]> {
  await sdk.flush();
  return host.sent();
}

export interface Message {
  type: string;
  event?: string;
  messageId: string;
  timestamp: string;
  anonymousId?: string;
  userId?: string;
  properties?: Record<string, unknown>;
  traits?: Record<string, unknown>;
  context: Record<string, never> & { page?: Record<string, string>; scene?: number; seq: number };
}

export const settled = (ms = 30) => new Promise((resolve) => setTimeout(resolve, ms));
/** `$page` for pages, else the name of the event. */
export const names = (messages: Message[]) => messages.map(({ type, event }) => event || `$${type}`);
export const only = (messages: Message[], name: string) =>
  messages.filter((message) => (message.event || `$${message.type}`) === name);
