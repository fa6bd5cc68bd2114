/**
 * What a policy's rule for a purpose says about an answer. Pure; vectors: `decide`. Apart from the gate, which is handed it
 * with the policy by `remote.ts`: a platform that fetches no policy does not ship it.
 */

import type { Answer } from './gate.js';
import { DAY_MS } from './identity.js';
import type { Decision, PurposeRule } from './protocol.js';

export type Weigh = (
  rule: PurposeRule,
  answer: Answer | undefined,
  gpc: boolean,
  now: number,
) => Decision | 'cookieless';

/**
 * With the policy's rule for the purpose. `cookieless`: may be sent, and nothing may be kept for it. A grant that is
 * too old, of the future or about another version of the purpose is stale and counts as none; a denial always counts.
 */
export const weigh: Weigh = (rule, answer, gpc, now) => {
  const [granted, at, version] = [answer].flat() as Partial<Answer>;
  if (rule.required === true) return 'allow';
  if ((gpc && rule.gpc !== 'ignore') || (answer && granted !== true)) return 'deny';
  const age = now - (at as number);
  // a site's own banner knows no versions: what a choice was not made about in so many words it may still hold for
  if (age >= 0 && age < rule.ttlDays * DAY_MS && (!version || version === rule.version)) return 'allow';
  if (rule.default === 'granted') return 'allow';
  if (rule.default !== 'pending') return 'deny';
  return rule.pending === 'queue' ? 'hold' : rule.pending === 'cookieless' ? rule.pending : 'deny';
};
