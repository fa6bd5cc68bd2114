/** The public face of a client, as types. What each verb does is in `client.ts`. */

import type { Listener, Log } from './guard.js';
import type { Plugin } from './plugin.js';
import type { Undo } from './ports.js';
import type { ConsentMode, Decision, Library, Preferences, Properties } from './protocol.js';

export interface ClientOptions {
  writeKey: string;
  /** Where the collector is: `https://events.shop.example`, without a path of its own or with one. */
  endpoint: string;
  library: Library;
  consentMode?: ConsentMode;
  /** Query parameters that may stay in recorded addresses, in lower case. */
  queryParams?: readonly string[];
  /** Events that make a batch; 20. */
  flushAt?: number;
  /** How long an event waits for company, in ms; 2 000. */
  flushAfterMs?: number;
  maxQueueEvents?: number;
  maxQueueBytes?: number;
  debug?: boolean;
  log?: Log;
  /** Errors are thrown, not reported. For tests. */
  strict?: boolean;
}

export interface CallOptions {
  purpose?: string;
  /** When it happened, if not now. */
  timestamp?: Date | string | number;
}

export interface ConsentState {
  mode: string;
  gpc: boolean;
  /** The person's choice; null when none was made. */
  preferences: Preferences | null;
  decisions: Record<string, Decision>;
}

export interface Report {
  sent: number;
  pending: number;
  dropped: number;
}

/** See `tally.ts` for the sum that always holds. `pending` = `queued` + `held`. */
export interface Stats extends Report {
  captured: number;
  adopted: number;
  handedOver: number;
  held: number;
  queued: number;
  droppedBy: Record<string, number>;
}

export interface Client {
  track(event: string, properties?: Properties, options?: CallOptions): void;
  page(name?: string, properties?: Properties, options?: CallOptions): void;
  screen(name?: string, properties?: Properties, options?: CallOptions): void;
  identify(userId: string, traits?: Properties, options?: CallOptions): void;
  group(groupId: string, traits?: Properties, options?: CallOptions): void;
  alias(userId: string, previousId?: string, options?: CallOptions): void;
  /** Another person from here on: new anonymous id, no user, new session. */
  reset(): void;
  consent: {
    get(): ConsentState;
    /** Adds to the choice; a purpose that is left out stays as it is. */
    set(preferences: Preferences): void;
    /** Denies everything, purges queue and ids, aborts what is in flight. */
    withdraw(): void;
    onChange(listener: (state: ConsentState) => void): Undo;
  };
  /** The same as `consent.withdraw()`. */
  optOut(): void;
  /** What became of events during this call; `pending` counts all that wait at its end. */
  flush(timeoutMs?: number): Promise<Report>;
  use(plugin: Plugin): Undo;
  onError(listener: Listener): Undo;
  debug(on?: boolean): void;
  getAnonymousId(): string | null;
  getSessionId(): string | null;
  stats(): Stats;
  /** Runs calls that were made at `at` (ms), before this client existed. */
  replay(at: number, run: () => void): void;
  /** Undoes every plugin and listener. What is stored stays for the next visit. */
  close(): void;
}
