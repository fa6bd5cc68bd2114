/**
 * All that a platform must supply. The core names no global of any platform; a browser, a mini-program
 * and a test each hand in one `Ports`. A port never throws: what fails comes back as a value.
 */

import type { createDraft } from './draft.js';
import type { Facts } from './protocol.js';
import type { Shared, Tabs } from './tabs.js';

export type Undo = () => void;

/** Small strings that outlive a page. All synchronous, because an event must be safe before its page dies. */
export interface Storage {
  get(key: string): string | null;
  /** False when it could not be kept (no storage, quota). */
  set(key: string, value: string): boolean;
  remove(key: string): void;
  /** All keys that begin with `prefix`, from every tab. */
  keys(prefix: string): string[];
  /** Calls back when another tab changed `key`, with what it wrote. */
  watch(key: string, changed: (value: string | null) => void): Undo;
  /** Holds `name` until undone or until this tab is dead; null while somebody else holds it. Rejects where there are no claims. */
  claim(name: string): Promise<Undo | null>;
}

export interface Request {
  url: string;
  body: string;
  /** The request must outlive its page. */
  keepalive: boolean;
}

/** `status` 0 is a network error, a timeout, an abort, or an answer nobody could wait for. */
export interface Answer {
  status: number;
  retryAfter: string | null;
  body: string;
}

export interface Http {
  /** POSTs `text/plain`. The promise never rejects. `abort` makes it answer with status 0. */
  post(request: Request): { answer: Promise<Answer>; abort: Undo };
  /** The body of a 200, else null; `token` goes along as a bearer. Never rejects. Without it there are no settings. */
  get?(url: string, token?: string): Promise<string | null>;
}

export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number;
  after(ms: number, run: () => void): Undo;
  /** In a task of its own, at once after this one; without it, what is to be done soon is done now. */
  soon?(run: () => void): void;
}

export interface Random {
  /** 0 ≤ n < 1. */
  next(): number;
  bytes(count: number): Uint8Array;
}

export interface Lifecycle {
  online(): boolean;
  onOnline(run: () => void): Undo;
  /** The page may die now. `final`: it is being unloaded, not only hidden. */
  onLeave(run: (final: boolean) => void): Undo;
  /** A page that was unloaded lives again (back/forward cache), or an app is shown again. */
  onReturn(run: () => void): Undo;
}

export interface Ports {
  storage: Storage;
  http: Http;
  clock: Clock;
  random: Random;
  lifecycle: Lifecycle;
  /** The context of an event that happens now, already scrubbed. Reads no storage. */
  facts(): Facts;
  /** What describes the device, read for an event that is allowed and for no other; `facts` win. */
  device?(): Facts;
  /** Global Privacy Control as the platform sees it now. */
  gpc(): boolean;
  /** Told at the start and after each change of a choice or the policy whether the device may be written to. */
  publish?(mayStore: boolean): void;
  /** Who else is on this storage: `createTabs`, or `createAlone` where there is nobody. */
  tabs: (shared: Shared) => Tabs;
  /** Where a page may die without a word. */
  draft?: typeof createDraft;
}
