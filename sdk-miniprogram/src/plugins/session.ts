/**
 * `$session_start` as the first event of each session: after half an hour without an event, after a day, after `reset`.
 * What a session is, the core knows (vectors: `session`) and asks here for its first event, which is captured at the moment
 * and with the facts of whatever began the session. So a session that began before consent begins when it did.
 */

import type { Plugin } from '../../../sdk-js/src/core/plugin.js';
import { ANALYTICS, type Call } from '../../../sdk-js/src/core/protocol.js';

const START = '$session_start';

export const session = (): Plugin => ({
  name: 'session',
  install({ inside }) {
    inside.begins = (first, complete, enqueue) => {
      if (first.call.event === START || inside.gate.decide(ANALYTICS) !== 'allow') return 0;
      const call: Call = { type: 'track', event: START, internal: true };
      call.properties = complete(call, first.at);
      enqueue({ ...first, call, purpose: ANALYTICS });
      return 1;
    };
    return () => {
      delete inside.begins;
    };
  },
});
