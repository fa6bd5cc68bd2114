/**
 * A call, the SDK's state and the platform's facts become one exact message. Pure; vectors: `event`.
 */

import {
  type Call,
  type Context,
  type Facts,
  type Library,
  MAX_NAME_CHARS,
  type Message,
  type Preferences,
  type Reason,
} from './protocol.js';

export interface State {
  anonymousId: string | null;
  userId: string | null;
  sessionId: string | null;
  seq: number | null;
  preferences: Preferences | null;
}

const CARRIED = ['event', 'name', 'groupId', 'previousId', 'properties', 'traits'] as const;

export type Built = Message | { error: Reason };

/**
 * The message, or the reason why there is none. `now` is ISO 8601 UTC; a timestamp of the call's own wins.
 * Keys without a value are left out.
 */
export function build(call: Call, state: State, facts: Facts, library: Library, id: string, now: string): Built {
  const error = check(call, state);
  if (error) return { error };
  const context: Context = { ...facts, library };
  if (call.purpose) context.purpose = call.purpose;
  if (state.sessionId !== null) context.sessionId = state.sessionId;
  if (state.seq !== null) context.seq = state.seq;
  if (state.preferences) context.consent = { categoryPreferences: state.preferences };

  const message: Message = { type: call.type, messageId: id, timestamp: call.timestamp || now, context };
  if (state.anonymousId) message.anonymousId = state.anonymousId;
  if (state.userId) message.userId = state.userId;
  const carried = message as unknown as Record<string, unknown>;
  for (const key of CARRIED) if (call[key]) carried[key] = call[key];
  return message;
}

function check(call: Call, state: State): Reason | null {
  if (call.type === 'track') {
    const { event } = call;
    if (typeof event !== 'string' || !event || event.length > MAX_NAME_CHARS) return 'invalid';
    if (event[0] === '$' && !call.internal) return 'reserved_name';
  }
  return state.anonymousId || state.userId ? null : 'no_identity';
}
