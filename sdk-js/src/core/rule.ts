/**
 * What a policy's rules say about an answer, and what else a policy changes about the gate. `weigh` is pure; vectors: `decide`.
 * Apart from the gate, which is handed it with the policy by `remote.ts`: a platform that fetches no policy does not ship it.
 *
 * A grant is stale when it is older than the policy lets it live, or was made about another version of the purpose, or before
 * another notice where the policy says `hard`: then it counts as none. A no is never stale. What a policy says of a grant is
 * written down with it, because the next page decides before its policy is there.
 */

import { type Answer, current, isGrant, plainly, type Rules } from './gate.js';
import type { Decision, Policy, PurposeRule } from './protocol.js';

/** Days of a grant that does not count; 0 would be none that are known. */
const STALE = -1;

/** How many days a grant about `version` of the purpose holds. */
// a site's own banner knows no versions: what a choice was not made about in so many words it may still hold for
export const daysOf = (rule: PurposeRule, version: string | undefined | null) =>
  (version || rule.version) === rule.version ? rule.ttlDays : STALE;

/** With the policy's rule for the purpose and the answer that counts. `cookieless`: may be sent, and nothing may be kept for it. */
export const weigh = (rule: PurposeRule, answer: Answer | undefined, gpc: () => boolean): Decision | 'cookieless' => {
  if (rule.required === true) return 'allow';
  if (rule.gpc !== 'ignore' && gpc()) return 'deny';
  if (answer) return isGrant(answer) ? 'allow' : 'deny';
  if (rule.default === 'granted') return 'allow';
  if (rule.default !== 'pending') return 'deny';
  return rule.pending === 'queue' ? 'hold' : rule.pending === 'cookieless' ? rule.pending : 'deny';
};

/** A policy as the gate wants it. */
export const rulesOf = (policy: Policy, gpc: () => boolean, now: () => number): Rules => {
  const { purposes, notice, policyVersion } = policy;
  const ruleOf = (purpose: string) => purposes?.find(({ id }) => id === purpose);

  return {
    policy,
    mark(memory, added) {
      if (added && policyVersion) memory[3] = { policyVersion };
      // what was said before there was a policy, or a notice, is about the first that it meets
      const under = (added ? undefined : memory[2]) || notice?.hash;
      const [answers] = memory;
      memory[2] = under;
      const isOld = policy.reconsent === 'hard' && notice && under !== notice.hash;
      for (const [purpose, answer] of Object.entries(answers)) {
        const [, at, before] = [answer].flat() as Answer;
        const rule = ruleOf(purpose);
        const isNew = added?.[purpose];
        const version = (!isNew && before) || rule?.version;
        // with another choice the grants are forgotten that count no more
        if (added && !isNew && !current(answer, now())) delete answers[purpose];
        else answers[purpose] = [isGrant(answer), at, version, isOld ? STALE : rule && daysOf(rule, version)];
      }
    },
    judge(purpose, answer, withdrawn) {
      const rule = ruleOf(purpose);
      if (!rule) {
        // for what the policy does not know nothing is allowed by default
        return plainly(purpose, answer, withdrawn || purposes ? '' : policy.mode, gpc);
      }
      // nor is anything after a withdrawal
      const asks = withdrawn && rule.default === 'granted';
      return weigh(asks ? { ...rule, default: 'pending' } : rule, answer, gpc);
    },
  };
};
