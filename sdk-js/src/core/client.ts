/**
 * The heart: public verbs on one side, ports on the other. The path of an event, in order:
 *
 *     capture → gate (deny: counted, nothing is built; hold: memory) → enqueue: session and identity →
 *     event.build → beforeSend → size → queue → flusher → http → retry
 *
 * Captured facts (time, page, user) are those of the moment of the call, also for an event that waits for
 * consent. What needs an id (person, session, number) is only made when the event is allowed.
 */

import type { CallOptions, Client, ClientOptions, ConsentState } from './api.js';
import { byteLength } from './batch.js';
import { build } from './event.js';
import { createFlusher } from './flusher.js';
import { createGate, type Receipt } from './gate.js';
import { createGuard, subscribe } from './guard.js';
import { createIdentity, type Person, uuid7 } from './identity.js';
import { createPlugins } from './plugin.js';
import type { Ports } from './ports.js';
import {
  ANALYTICS,
  type Call,
  type Facts,
  MAX_MESSAGE_BYTES,
  type Message,
  NECESSARY,
  type Page,
  type Properties,
  type Reason,
} from './protocol.js';
import { createQueue } from './queue.js';
import { createRegistry } from './registry.js';
import type { Inside } from './remote.js';
import { createSessions } from './session.js';
import { createTally, sum } from './tally.js';
import { createVault } from './vault.js';

export interface Captured {
  call: Call;
  at: number;
  facts: Facts;
  purpose: string;
  person: Person;
  userId: string | null;
}

export function createClient(ports: Ports, options: ClientOptions): Client {
  const { storage, clock, random, lifecycle } = ports;
  const { writeKey, log = () => {}, beforeSend, endpoint, path = '/v1/batch', queryParams = [] } = options;
  const root = endpoint.replace(/\/+$/, '');
  const prefix = `fh.${writeKey}.`;
  const vault = createVault(storage);
  const guard = createGuard(log, options.debug, options.strict);
  const newId = (at: number) => uuid7(at, random);
  const tally = createTally(vault, `${prefix}lost`);
  const identity = createIdentity(vault, prefix, random);
  const registry = createRegistry(vault, `${prefix}props`);
  const tab = newId(clock.now()).slice(-12);
  const queue = createQueue(vault, `${prefix}q.`, tab, tally, options);
  const sessions = createSessions(vault, `${prefix}session`, newId, tab, (id, seq) => {
    const numbered = (n: number, end: string) => `"sessionId":"${id}","seq":${n}${end}`;
    const next = sessions.peek(clock.now());
    // another session has begun meanwhile: the old one's numbers are left alone
    if (next.id !== id) return;
    for (const end of ',}') {
      if (queue.amend(numbered(seq, end), numbered(next.seq, end))) return sessions.commit(next);
    }
  });
  const listeners = new Set<(state: ConsentState) => void>();
  const soon: Captured[] = [];
  const drafts = new Map<unknown, string>();
  let opened: Promise<void> | null = null;
  let moment = 0;
  let shown: Page | undefined;
  let signalled = false;
  const now = () => moment || clock.now();
  const gpc = () => signalled || ports.gpc();

  const gate = createGate<Captured>({
    storage,
    key: `${prefix}consent`,
    mode: options.consentMode || 'opt_in',
    cookieless: options.cookieless,
    gpc,
    now: clock.now,
    release: (held) => enqueue(held),
    drop: tally.drop,
    chosen: (news, how) => inside.chosen?.(news, how),
    changed() {
      applyConsent();
      for (const listener of listeners) guard.run('onChange', () => listener(state()));
    },
  });
  const flusher = createFlusher(ports, queue, tally, guard, gate.decide, reportLosses, root + path, writeKey, options);
  const inside: Inside = {
    ports,
    root,
    writeKey,
    mode: options.consentMode,
    gate,
    identity,
    vault,
    prefix,
    gpc,
    off: (name) => plugins.off(name),
    // the same list that the platform's facts are cleaned by: the settings may add to it
    queryParams: queryParams as string[],
    chosen: null,
  };
  const plugins = createPlugins(capture, guard, now, inside);

  function capture(call: Call, at = now(), page = shown, how?: 'draft' | 'later'): void {
    const purpose = call.purpose || ANALYTICS;
    const decision = gate.decide(purpose);
    if (how === 'draft') {
      // kept only where a sent event would be; a later one takes the place and the id of the one before
      const id = drafts.get(call.event) || newId(at);
      drafts.delete(call.event);
      if (!call.properties || decision !== 'allow') return queue.draft(id, purpose, null);
      drafts.set(call.event, id);
    } else {
      tally.captured++;
      guard.log(decision, call);
      if (decision === 'deny') return tally.drop('no_consent');
    }
    // fails open: an event without its context is worth more than none
    const facts = guard.run('context', ports.facts) || {};
    if (page) facts.page = { ...facts.page, ...page };
    const person = identity.person();
    const captured: Captured = {
      call: { ...call, properties: registry.complete(call, at) },
      at,
      facts,
      purpose,
      person,
      userId: person.userId,
    };
    if (decision === 'allow')
      return how === 'later' && clock.soon
        ? later(captured)
        : enqueue(captured, how === 'draft' ? drafts.get(call.event) : undefined);
    // the host may change its objects while we wait, so the copy is made now
    const copy = encode(captured.call);
    if (copy) gate.hold({ ...captured, call: JSON.parse(copy) });
  }

  /**
   * What a plugin saw is written down in a task of its own, so that the person's click is not kept waiting for it. It
   * is read and judged at once, and whatever comes next (a call, another decision, the end of the page) finds it done.
   */
  function later(captured: Captured): void {
    if (soon.push(captured) > 1) return;
    (clock.soon as (run: () => void) => void)(guard.wrap('later', catchUp));
  }

  function catchUp(): void {
    for (const captured of soon.splice(0)) gate.pass(captured);
  }

  /** `draft`: the id of one, which takes no number. */
  function enqueue(captured: Captured, draft?: string): void {
    const { call, at, facts, purpose, person, userId } = captured;
    const peek = () => sessions.peek(at, options.sessionKey?.(at, call.type, facts.page, sessions.current()?.key));
    let session = peek();
    if (!session.seq && inside.begins) {
      // counts as captured, if there is one
      tally.captured += inside.begins(captured, registry.complete, enqueue);
      session = peek();
    }
    const state = {
      anonymousId: identity.mint(person, at),
      userId,
      sessionId: session.id,
      seq: draft ? null : session.seq,
      preferences: gate.preferences(),
      receipt: stampOf(gate.receipt()),
    };
    const built = build(
      call,
      state,
      { ...ports.device?.(), ...facts },
      options.library,
      draft || newId(at),
      new Date(at).toISOString(),
    );
    if ('error' in built) {
      tally.drop(built.error);
      return explain(built.error, call);
    }
    const message = beforeSend ? guard.run('beforeSend', () => beforeSend(built)) : built;
    if (!message) return draft ? undefined : tally.drop('before_send');
    const body = encode(message);
    if (!body) return;
    if (draft) return queue.draft(draft, purpose, body);
    sessions.commit(session);
    queue.push(built.messageId, purpose, body);
    flusher.nudge();
  }

  const stampOf = ({ at, ...receipt }: Receipt = {}) => receipt;

  /** Null, counted, for what is too large and for what no JSON can hold (cycles, getters that throw). */
  function encode(value: Call | Message): string | null {
    let reason: Reason = 'too_large';
    try {
      const body = JSON.stringify(value);
      if (byteLength(body) <= MAX_MESSAGE_BYTES) return body;
    } catch {
      reason = 'invalid'; // the host's object, not our bug: counted and said below
    }
    tally.lose(reason);
    explain(reason, value);
    return null;
  }

  function explain(reason: Reason, { type, event }: Call): void {
    guard.report(reason, `${type} ${String(event || '').slice(0, 60)}: ${reason}`);
  }

  const publish = () => guard.run('publish', () => ports.publish?.(gate));

  function applyConsent(): void {
    catchUp();
    if (gate.mayStore()) open();
    else if (opened || gate.decide(ANALYTICS) === 'deny') shut();
    publish();
    flusher.recheck();
  }

  /** Purges also what an earlier page or another tab has stored. */
  function shut(): void {
    vault.isOpen = false;
    opened = null;
    queue.close();
    tally.takeLost();
    reset();
  }

  function open(): void {
    if (opened) return;
    vault.isOpen = true;
    identity.open(clock.now());
    tally.open();
    registry.open();
    opened = queue.open().then(() => flusher.nudge(tally.adopted));
  }

  function reportLosses(): void {
    const reasons = tally.takeLost();
    const count = sum(reasons);
    if (count) capture({ type: 'track', event: '$lost', properties: { count, reasons }, internal: true });
  }

  function state(): ConsentState {
    const decisions: ConsentState['decisions'] = {};
    for (const purpose of [NECESSARY, ...gate.asked()]) decisions[purpose] = gate.decide(purpose);
    const policy = gate.policy();
    return { mode: policy.mode, gpc: gpc(), preferences: gate.preferences(), decisions, notice: gate.notice(), policy };
  }

  function setUser(userId: unknown): void {
    // Denied is denied: who the person is may be told again after a grant
    if (typeof userId !== 'string' || !userId || gate.decide(ANALYTICS) === 'deny') return;
    const known = identity.person().userId;
    if (known && known !== userId) reset();
    identity.setUser(userId);
  }

  function reset(): void {
    identity.reset();
    sessions.end();
    registry.reset();
  }

  function stats() {
    const { drop, lose, open, takeLost, ...counts } = tally;
    const [held, queued] = [gate.held(), queue.items().length];
    const droppedBy = { ...tally.droppedBy };
    return { ...counts, held, queued, pending: held + queued, dropped: sum(droppedBy), droppedBy };
  }

  const send = (type: Call['type'], said: Partial<Call>, { purpose, timestamp }: CallOptions = {}) => {
    const when = timestamp && new Date(timestamp);
    capture({ type, ...said, purpose, timestamp: when && Number(when) ? when.toISOString() : undefined });
  };
  const verb =
    (type: Call['type'], subject: keyof Call, rest: keyof Call) =>
    (name?: string, body?: Properties, extra?: CallOptions): void =>
      send(type, { [subject]: name, [rest]: body }, extra);

  const offs = [
    catchUp,
    lifecycle.onLeave(
      guard.wrap('leave', (final: boolean) => {
        catchUp();
        flusher.leave();
        if (final) queue.leave();
      }),
    ),
    lifecycle.onReturn(guard.wrap('return', () => void queue.resume().then(() => flusher.nudge()))),
    gate.close,
    identity.close,
    sessions.close,
    plugins.undoAll,
    flusher.close,
    queue.leave,
  ];
  if (gate.mayStore()) open();
  publish();

  return {
    ...guard.shield<Omit<Client, 'consent'>>(catchUp, {
      track: verb('track', 'event', 'properties'),
      page: verb('page', 'name', 'properties'),
      screen: verb('screen', 'name', 'properties'),
      group: verb('group', 'groupId', 'traits'),
      identify(userId, traits, extra) {
        setUser(userId);
        send('identify', { traits }, extra);
      },
      alias(userId, previousId, extra) {
        const before = identity.person();
        const previous = previousId || before.userId || before.anonymousId;
        setUser(userId);
        send('alias', { previousId: previous }, extra);
      },
      reset,
      setAnonymousId(id) {
        if (gate.decide(ANALYTICS) === 'allow') identity.adopt(id);
      },
      register: registry.register,
      unregister: registry.unregister,
      timeEvent: (event) => registry.time(event, now()),
      optOut: () => gate.withdraw(),
      flush(timeoutMs = 5_000) {
        const before = stats();
        return Promise.resolve(opened)
          .then(() => flusher.flush(timeoutMs))
          .then(() => {
            const { sent, pending, dropped } = stats();
            return { sent: sent - before.sent, pending, dropped: dropped - before.dropped };
          });
      },
      use: plugins.use,
      onError: guard.onError,
      debug: guard.debug,
      getAnonymousId: () => identity.person().anonymousId,
      getSessionId: () => sessions.current()?.id || null,
      stats,
      replay(at, run, page) {
        moment = at;
        shown = page;
        guard.run('replay', run);
        moment = 0;
        shown = undefined;
      },
      close() {
        for (const off of offs) off();
      },
    }),
    consent: guard.shield(catchUp, {
      get: state,
      set: gate.set,
      withdraw: gate.withdraw,
      onChange: (listener: (state: ConsentState) => void) => subscribe(listeners, listener),
      signal(seen?: boolean) {
        signalled ||= seen === true;
        if (seen) applyConsent();
        return { gpc: gpc(), denies: gate.deniedBySignal() };
      },
    }),
  };
}
