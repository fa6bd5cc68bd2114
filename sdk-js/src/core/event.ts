/**
 * A call, the SDK's state and the platform's facts become one exact message. Pure; vectors: `event`.
 * Whatever has no value is undefined, and JSON leaves it out.
 */

import {
  type Call,
  type Facts,
  type Library,
  MAX_NAME_CHARS,
  type Message,
  type Reason,
  type Stamp,
} from './protocol.js';

export interface State {
  anonymousId?: string | undefined;
  userId: string | null;
  sessionId?: string | undefined;
  seq?: number | undefined;
  /** What `context.consent` says besides the choice itself: receipt, token, version of the policy. */
  receipt?: Omit<Stamp, 'categoryPreferences'> | null | undefined;
  preferences: Stamp['categoryPreferences'] | null;
}

export type Built = Message | { error: Reason };

/** The message, or the reason why there is none. `now` is ISO 8601 UTC; a timestamp of the call's own wins. */
export function build(call: Call, state: State, facts: Facts, library: Library, id: string, now: string): Built {
  const { internal, purpose, previousId, ...said } = call;
  const { anonymousId, userId, sessionId, seq, preferences } = state;
  if (said.type === 'track') {
    const { event } = said;
    if (typeof event !== 'string' || !event || event.length > MAX_NAME_CHARS) return { error: 'invalid' };
    if (event[0] === '$' && !internal) return { error: 'reserved_name' };
  }
  if (!anonymousId && !userId) return { error: 'no_identity' };
  return {
    ...(said as Message),
    messageId: id,
    timestamp: said.timestamp || now,
    anonymousId,
    userId: userId || undefined,
    previousId: previousId || undefined,
    context: {
      ...facts,
      library,
      purpose,
      sessionId,
      seq,
      consent: preferences ? { ...state.receipt, categoryPreferences: preferences } : undefined,
    },
  };
}
