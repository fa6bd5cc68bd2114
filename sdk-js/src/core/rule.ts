/**
 * What a policy's rules say about an answer, and what else a policy changes about the gate. `weigh` is pure; vectors: `decide`.
 * Apart from the gate, which is handed it with the policy by `remote.ts`: a platform that fetches no policy does not ship it.
 *
 * A grant is stale when it is older than the policy lets it live, or was made about another version of the purpose, or before
 * another notice where the policy says `hard`: then it counts as none. A no is never stale.
 */

import { type Answer, bare, isGrant, plainly, type Rules } from './gate.js';
import { DAY_MS } from './identity.js';
import type { Decision, Policy, PurposeRule } from './protocol.js';

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

const ruleOf = ({ purposes }: Policy, purpose: string) => purposes?.find(({ id }) => id === purpose);

/** A policy as the gate wants it. */
export const rulesOf = (policy: Policy, gpc: () => boolean, now: () => number): Rules => ({
  policy,
  mark(memory, added) {
    for (const [purpose, answer] of Object.entries(added)) answer[2] = ruleOf(policy, purpose)?.version;
    memory[2] = policy.notice?.hash;
    if (policy.policyVersion) memory[3] = { policyVersion: policy.policyVersion };
  },
  judge(purpose, answer, withdrawn) {
    const rule = ruleOf(policy, purpose);
    if (!rule) {
      // for what the policy does not know nothing is allowed by default
      return plainly(purpose, answer, withdrawn || policy.purposes ? '' : policy.mode, gpc());
    }
    // nor is anything after a withdrawal
    const asks = withdrawn && rule.default === 'granted';
    return weigh(asks ? { ...rule, default: 'pending' } : rule, answer, gpc(), now());
  },
  standing(answers, notice) {
    const stale = policy.reconsent === 'hard' && policy.notice && notice && notice !== policy.notice.hash;
    return stale ? bare(Object.fromEntries(Object.entries(answers).filter(([, answer]) => !isGrant(answer)))) : answers;
  },
});
