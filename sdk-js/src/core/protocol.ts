/**
 * The wire, as types and limits. `docs/protocol.md` and `tests/contract/schema` say the same.
 *
 * Types are written by hand and proved equal to the other languages by the golden vectors. The
 * collector decodes exactly these context fields on its fast way; anything else is slower for it.
 */

export type MessageType = 'track' | 'page' | 'screen' | 'identify' | 'group' | 'alias';
/** A choice per purpose; a purpose without a key has not been asked about. */
export type Preferences = Record<string, boolean>;
export type ConsentMode = 'opt_in' | 'opt_out' | 'exempt';
export type Decision = 'allow' | 'hold' | 'deny';
export type Properties = Record<string, unknown>;

/** Why an event did not leave this client, or was refused by the collector. */
export type Reason =
  | 'invalid'
  | 'too_large'
  | 'reserved_name'
  | 'no_identity'
  | 'no_consent'
  | 'overflow'
  | 'refused'
  | 'before_send'
  | 'internal';

export interface Page {
  url?: string;
  path?: string;
  search?: string | undefined;
  title?: string | undefined;
  referrer?: string | undefined;
}

export interface Library {
  name: string;
  version: string;
}

/** What a platform knows at the moment of an event. Client state is stamped on top by `event.ts`. */
export interface Facts {
  page?: Page;
  userAgent?: string;
  locale?: string;
  timezone?: string;
  screen?: { width?: number; height?: number; density?: number };
  viewport?: { width?: number; height?: number };
  network?: string | undefined;
  os?: { name?: string; version?: string };
  device?: { type?: string; manufacturer?: string; model?: string };
  app?: { name?: string; version?: string };
  gpc?: boolean | undefined;
  scene?: number;
  /** What a browser says of its device when asked for it; kept as it is. */
  userAgentData?: { architecture?: string; bitness?: string };
}

/** What an event says about consent. The last three come with a receipt (`/v1/consent/receipts`). */
export interface Stamp {
  categoryPreferences: Preferences;
  receiptId?: string;
  token?: string;
  policyVersion?: string;
}

export interface Context extends Facts {
  library: Library;
  sessionId?: string | undefined;
  seq?: number | undefined;
  purpose?: string | undefined;
  consent?: Stamp | undefined;
}

export interface Message {
  type: MessageType;
  messageId: string;
  timestamp: string;
  anonymousId?: string | undefined;
  userId?: string | undefined;
  event?: string;
  name?: string;
  groupId?: string;
  previousId?: string | undefined;
  properties?: Properties;
  traits?: Properties;
  context: Context;
}

/** What a caller asked for, before the SDK's state is added. `internal` lets plugins use `$` names. */
export interface Call {
  type: MessageType;
  event?: unknown;
  name?: string | undefined;
  groupId?: string | undefined;
  previousId?: string | null | undefined;
  properties?: Properties | undefined;
  traits?: Properties | undefined;
  purpose?: string | undefined;
  timestamp?: string | undefined;
  internal?: boolean;
}

/** What a site's policy says about one purpose; `tests/contract/schema/policy.json`. Unknown values are the strictest. */
export interface PurposeRule {
  id: string;
  version: string;
  kind: string;
  required: boolean;
  mode: string;
  /** The state without a choice: `pending`, `granted`, `denied`. */
  default: string;
  pending: string;
  ttlDays: number;
  gpc: string;
  title: string;
  description: string;
}

/** A site's policy as resolved for one visitor; only `mode` until the site publishes one. */
export interface Policy {
  mode: string;
  policyVersion?: string;
  locale?: string;
  banner?: boolean;
  reconsent?: string;
  proof?: string;
  purposes?: readonly PurposeRule[];
  events?: readonly { match: string; purpose: string }[];
  notice?: {
    id: string;
    hash: string;
    locale: string;
    title: string;
    body: string;
    url: string | null;
    labels: Record<'acceptAll' | 'rejectAll' | 'save' | 'preferences' | 'withdraw' | 'close', string>;
  };
}

export const NECESSARY = 'necessary';
export const ANALYTICS = 'analytics';
/** The purposes that are built in; a site may declare more. */
export const PURPOSES: string[] = [NECESSARY, ANALYTICS, 'personalization', 'marketing', 'third_party', 'cross_border'];

export const MAX_MESSAGE_BYTES = 32 * 1024;
export const MAX_NAME_CHARS = 200;
