/**
 * What the collector has to say, and what it is told about a choice: settings and policy at the start, a receipt for
 * each choice. Written as a plugin, so that a platform or a site may go without, but no ordinary one: it reaches inside.
 *
 * The settings are the one request that goes out before consent. They say nothing about the person but that they were
 * not asked yet, nothing of them is kept, and until they are there the strictest rule holds.
 *
 * A choice is posted at once, with the id it is about: the device's, or, where there is none and none may be made (a
 * no to the first question), one that is used for this and forgotten. What could not be delivered is tried again; a
 * grant also by the next visit. The answer's receipt and token are stamped on every event from then on.
 *
 * Which words the person saw only who showed them knows: a receipt names the notice that it is told, and none if it is
 * told none. It says what was chosen by name, also for "accept all": the policy may be another by now than was on the screen.
 */

import type { ChoiceOptions } from './api.js';
import type { Captured } from './client.js';
import type { Gate, Receipt } from './gate.js';
import type { Identity } from './identity.js';
import { parse } from './json.js';
import type { Plugin } from './plugin.js';
import type { Http, Ports, Storage, Undo } from './ports.js';
import { ANALYTICS, type Call, type Page, type Policy, type Preferences } from './protocol.js';
import type { Registry } from './registry.js';
import { next } from './retry.js';
import { rulesOf } from './rule.js';

/** What this plugin may touch and no other. */
export interface Inside {
  ports: Ports;
  /** The collector, without a slash at the end. */
  root: string;
  writeKey: string;
  /** The page's own word, before any policy. */
  mode: string | undefined;
  gate: Omit<Gate<never>, 'hold' | 'pass'>;
  identity: Pick<Identity, 'person' | 'mint'>;
  vault: Storage;
  prefix: string;
  newId(at: number): string;
  gpc(): boolean;
  /** Turns an autotrack plugin off. */
  off(name: string): void;
  queryParams: string[];
  /** Told of the first event of a session before it is queued; how many it has queued itself. Set by a platform's plugin. */
  begins?: (first: Captured, complete: Registry['complete'], enqueue: (made: Captured) => void) => number;
  /** Called with each choice before it has any effect; what it returns is called after. */
  chosen?: ((news: Preferences | null, how: ChoiceOptions) => () => void) | undefined;
  /** Keeps what is to be sent should the page die; without properties it is taken back. */
  draft?: ((call: Call, page?: Page) => void) | undefined;
}

interface Settings {
  consent?: Policy;
  autotrack?: Record<string, boolean>;
  queryParams?: string[];
}

const HALF_DAY_MS = 43_200_000;

/** `get`: the platform's, where it is not among the ports. */
export const remote = (get?: Http['get']): Plugin => ({
  name: 'remote',
  install({ inside, guarded }) {
    const { ports, root, writeKey, gate, identity, vault, prefix } = inside;
    const { clock, http, random } = ports;
    const read = get || http.get;
    // below the queue's name, because it holds an id: what takes the queue off the device takes it too
    const key = `${prefix}q.receipt`;
    let waiting: Undo | null = null;
    let open = true;

    const loaded = guarded((text: string | null) => {
      const settings: Settings | false | null = open && parse(text);
      if (!settings) return;
      const { consent, autotrack = {}, queryParams = [] } = settings;
      inside.queryParams.push(...queryParams);
      for (const name in autotrack) if (autotrack[name] === false) inside.off(name);
      // a bare mode is for pages that have none of their own; a policy knows better than both
      if (consent && (consent.purposes || !inside.mode)) gate.rule(rulesOf(consent, inside.gpc, clock.now));
      // a grant that is stale for this policy, or a purpose that is new in it: a notice is about to be shown after all
      if (chosen && gate.policy().purposes?.some(({ id, kind }) => kind === 'general' && gate.decide(id) === 'hold'))
        ask(1);
      const undelivered = vault.get(key);
      if (waiting) waiting();
      else if (undelivered) post(undelivered, 0);
      else renew();
    });

    function post(body: string, attempt: number): void {
      const { answer } = http.post({ url: `${root}/v1/consent/receipts`, body, keepalive: true });
      void answer.then(
        guarded(({ status, retryAfter, body: said }) => {
          const { action, delayMs } = next(status, retryAfter, attempt, 1, random.next());
          if (!open) return;
          if (action === 'retry') clock.after(delayMs, () => post(body, attempt + 1));
          else {
            vault.remove(key);
            stamp(said);
          }
        }),
      );
    }

    function stamp(text: string | null): void {
      const { receipt, token, state } = parse(text) || {};
      if (!token) return;
      remember({
        ...(receipt && { receiptId: receipt.id }),
        ...(state && { policyVersion: state.policyVersion }),
        token,
      });
    }

    function remember(news: Receipt): void {
      const memory = gate.memory();
      if (!memory) return;
      memory[3] = { ...memory[3], ...news };
      memory[4] = clock.now();
      gate.keep();
    }

    /** A token lives a day; where the collector wants to see one, half a day later a fresh one is fetched. */
    function renew(): void {
      const [, , , receipt, at = 0] = gate.memory() || [];
      if (receipt?.token && gate.policy().proof === 'token' && clock.now() - at > HALF_DAY_MS) {
        void read?.(`${root}/v1/consent/state`, receipt.token).then(guarded(stamp));
      }
    }

    inside.chosen = (news, how) => {
      const before = identity.person().anonymousId;
      const at = clock.now();
      return guarded(() => {
        const granted = news && gate.decide(ANALYTICS) === 'allow';
        const anonymousId = granted ? identity.mint(identity.person(), at) : before || inside.newId(at);
        waiting = () => {
          const { policyVersion } = gate.policy();
          if (!policyVersion) return;
          waiting = null;
          const { action = news ? 'set' : 'withdraw', method = 'api', noticeHash, words, locale } = how;
          const body = JSON.stringify({
            idempotencyKey: inside.newId(at),
            writeKey,
            anonymousId,
            action,
            choices: news || undefined,
            method,
            policyVersion,
            noticeHash,
            words,
            locale,
            gpc: inside.gpc(),
            clientTime: new Date(at).toISOString(),
          });
          remember({ policyVersion });
          vault.set(key, body);
          post(body, 0);
        };
        waiting();
      });
    };
    // `ask`: nobody has chosen yet, so a notice is about to be shown, which the collector counts
    const ask = (shown: unknown) => read?.(`${root}/v1/sources/${writeKey}/settings${shown ? '?ask=1' : ''}`);
    const chosen = gate.preferences();
    void ask(!chosen)?.then(loaded);
    return () => {
      open = false;
      inside.chosen = undefined;
    };
  },
});
