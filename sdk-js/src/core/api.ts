/** The public face of a client, as types. What each verb does is in `client.ts`. */

import type { Listener, Log } from './guard.js';
import type { Plugin } from './plugin.js';
import type { Undo } from './ports.js';
import type {
  ConsentMode,
  Decision,
  Library,
  Message,
  MessageType,
  Page,
  Policy,
  Preferences,
  Properties,
} from './protocol.js';

export interface ClientOptions {
  writeKey: string;
  /** Where the collector is: `https://events.shop.example`, without a path of its own or with one. */
  endpoint: string;
  library: Library;
  /** What holds before a choice, until a policy has arrived: `opt_in` (the strictest), `opt_out`, `exempt`. */
  consentMode?: ConsentMode | undefined;
  /** Nothing is kept on the device but the choice; ids live as long as the page. */
  cookieless?: boolean | undefined;
  /** Query parameters that may stay in recorded addresses, in lower case. */
  queryParams?: readonly string[] | undefined;
  /** Where below the endpoint batches go; `/v1/batch`. */
  path?: string | undefined;
  /** Events that make a batch; 20. */
  flushAt?: number | undefined;
  /** How long an event waits for company, in ms; 3 000. */
  flushAfterMs?: number | undefined;
  /** Events that may wait, for a choice or for a request; 1 000 each. Over it the oldest goes, counted. */
  maxQueueEvents?: number | undefined;
  /** Their bytes; 262 144 each. */
  maxQueueBytes?: number | undefined;
  /** May change a message, or veto it by returning nothing. If it throws, the event is dropped and counted. */
  beforeSend?: ((message: Message) => Message | null | undefined) | undefined;
  /**
   * What a session belongs to beside time, for an event at `at` (ms): another answer than for the session so far
   * (`before`) begins a new one. `renewal` of `plugins/sessions` makes one for midnight and campaigns.
   */
  sessionKey?:
    | ((at: number, type: MessageType, page: Page | undefined, before: string | undefined) => string | undefined)
    | undefined;
  debug?: boolean | undefined;
  log?: Log | undefined;
  /** Errors are thrown, not reported. For tests. */
  strict?: boolean | undefined;
}

export interface CallOptions {
  purpose?: string | undefined;
  /** When it happened, if not now. */
  timestamp?: Date | string | number | undefined;
}

export interface ConsentState {
  mode: string;
  gpc: boolean;
  /** The person's choice; null when none was made. */
  preferences: Preferences | null;
  /** The same without grants that are stale (too old, about another purpose or notice): ask for those again. */
  current: Preferences | null;
  decisions: Record<string, Decision>;
  /** What the site's policy says; only `mode` until it has arrived. */
  policy: Policy;
  /**
   * Hash of the policy's notice that held when the choice was made, or the first that came after it; another one may have
   * to be shown, see `reconsent`. What the person saw is in the receipt.
   */
  notice?: string | undefined;
}

/** How a choice was made, for its receipt. */
export interface ChoiceOptions {
  method?: 'banner' | 'preferences' | 'api' | 'gpc' | 'wechat' | 'import' | 'guardian';
  action?: 'accept_all' | 'reject_all' | 'withdraw' | 'set';
  /** Language of what the person saw, BCP 47. */
  locale?: string;
  /** `policy.notice.hash`, if the person saw that notice, word for word. */
  noticeHash?: string | undefined;
  /** Whose words the rest were, or all of them: a name such as `klaro`, at most 64 of `A-Za-z0-9._/-`. */
  words?: string | undefined;
}

export interface Signal {
  gpc: boolean;
  /** Purposes that are denied because of it: say so ("your signal was honoured"). */
  denies: string[];
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
  /** Goes on under this anonymous id: one that another part of the same visit had. Only while analytics is allowed. */
  setAnonymousId(id: string): void;
  /** Another person from here on: new anonymous id, no user, new session, nothing registered. */
  reset(): void;
  /** Adds these properties to every track, page and screen from here on; a call's own win. */
  register(properties: Properties): void;
  unregister(name: string): void;
  /** The next `track(event)` carries how long it took, as `duration` in ms. */
  timeEvent(event: string): void;
  consent: {
    get(): ConsentState;
    /** Adds to the choice; a purpose that is left out stays as it is. */
    set(preferences: Preferences, options?: ChoiceOptions): void;
    /** Denies everything, purges queue and ids, aborts what is in flight. */
    withdraw(options?: ChoiceOptions): void;
    onChange(listener: (state: ConsentState) => void): Undo;
    /** Global Privacy Control as it is honoured. `signal(true)` says that one was seen elsewhere (GPP, a header). */
    signal(seen?: boolean): Signal;
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
  /** Runs calls that were made at `at` (ms), before this client existed; `page`: where, if not here. */
  replay(at: number, run: () => void, page?: Page): void;
  /** So many calls could not be kept until there was a client. */
  missed(count: number): void;
  /** Undoes every plugin and listener. What is stored stays for the next visit. */
  close(): void;
}
