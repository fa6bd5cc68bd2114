/**
 * The heart: public verbs on one side, ports on the other. The path of an event, in order:
 *
 *     capture → gate (deny: counted, nothing is built; hold: memory) → enqueue: session and identity →
 *     event.build → size → queue → flusher → http → retry
 *
 * Captured facts (time, page, user) are those of the moment of the call, also for an event that waits for
 * consent. What needs an id (person, session, number) is only made when the event is allowed.
 */

import type { CallOptions, Client, ClientOptions, ConsentState } from './api.js';
import { byteLength } from './batch.js';
import { build } from './event.js';
import { createFlusher } from './flusher.js';
import { createGate } from './gate.js';
import { createGuard } from './guard.js';
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
  type Reason,
} from './protocol.js';
import { createQueue } from './queue.js';
import { createSessions } from './session.js';
import { type Counts, createTally } from './tally.js';
import { createVault } from './vault.js';

interface Captured {
  call: Call;
  at: number;
  facts: Facts;
  purpose: string;
  person: Person;
  userId: string | null;
}

export function createClient(ports: Ports, options: ClientOptions): Client {
  const { storage, clock, random, lifecycle, gpc } = ports;
  const vault = createVault(storage);
  const { writeKey, consentMode: mode = 'opt_in', queryParams = [], log = () => {} } = options;
  const prefix = `fh.${writeKey}.`;
  const guard = createGuard(log, options.debug, options.strict);
  const newId = (at: number) => uuid7(at, random);
  const tally = createTally(vault, `${prefix}lost`);
  const identity = createIdentity(vault, prefix, random);
  const sessions = createSessions(vault, `${prefix}session`, newId);
  const queue = createQueue(vault, `${prefix}q.`, newId(clock.now()).slice(-12), tally, options);
  const listeners = new Set<(state: ConsentState) => void>();
  let opened: Promise<void> | null = null;
  let moment: number | null = null;
  const now = () => moment || clock.now();

  const gate = createGate<Captured>({
    storage,
    key: `${prefix}consent`,
    mode,
    gpc,
    release: enqueue,
    purge: (_, why) => tally.drop(why),
    changed() {
      applyConsent();
      for (const listener of listeners) guard.run('onChange', () => listener(state()));
    },
  });
  const flusher = createFlusher({
    ...options,
    ports,
    queue,
    tally,
    guard,
    decide: gate.decide,
    delivered: reportLosses,
  });
  const plugins = createPlugins(capture, guard, now, queryParams);

  function capture(call: Call, at = now(), page?: Page): void {
    tally.captured++;
    const purpose = call.purpose || ANALYTICS;
    const decision = gate.decide(purpose);
    guard.log(decision, call);
    if (decision === 'deny') return tally.drop('no_consent');
    // fails open: an event without its context is worth more than none
    const facts = guard.run('context', ports.facts) || {};
    if (page) facts.page = { ...facts.page, ...page };
    const person = identity.person();
    const captured: Captured = { call, at, facts, purpose, person, userId: person.userId };
    if (decision === 'allow') return enqueue(captured);
    // the host may change its objects while we wait, so the copy is made now
    const copy = encode(call);
    if (copy) gate.hold({ ...captured, call: JSON.parse(copy) as Call });
  }

  function enqueue({ call, at, facts, purpose, person, userId }: Captured): void {
    const session = sessions.peek(at);
    const anonymousId = identity.mint(person, at);
    const state = { anonymousId, userId, sessionId: session.id, seq: session.seq, preferences: gate.preferences() };
    const built = build(call, state, facts, options.library, newId(at), new Date(at).toISOString());
    if ('error' in built) {
      tally.drop(built.error);
      return explain(built.error, call);
    }
    const body = encode(built);
    if (!body) return;
    sessions.commit(session);
    queue.push(built.messageId, purpose, body);
    flusher.nudge();
  }

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
    guard.report(reason, `${type} ${String(event || '').slice(0, 60)} is not sent: ${reason}`);
  }

  function applyConsent(): void {
    if (gate.mayStore()) open();
    else if (opened || gate.decide(ANALYTICS) === 'deny') shut();
    flusher.recheck();
  }

  /** Purges also what an earlier page or another tab has stored. */
  function shut(): void {
    vault.setOpen(false);
    opened = null;
    queue.close();
    tally.takeLost();
    reset();
  }

  function open(): void {
    if (opened) return;
    vault.setOpen(true);
    identity.open(clock.now());
    tally.open();
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
    return { mode, gpc: gpc(), preferences: gate.preferences(), decisions };
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
  }

  function stats() {
    const { captured, adopted, handedOver, sent, dropped: droppedBy } = tally;
    const [held, queued] = [gate.held(), queue.items().length];
    return {
      captured,
      adopted,
      handedOver,
      sent,
      held,
      queued,
      pending: held + queued,
      dropped: sum(droppedBy),
      droppedBy,
    };
  }

  const offs = [
    lifecycle.onLeave(
      guard.wrap('leave', (final: boolean) => {
        flusher.leave();
        if (final) queue.leave();
      }),
    ),
    lifecycle.onReturn(guard.wrap('return', () => void queue.resume().then(() => flusher.nudge()))),
    gate.close,
    plugins.undoAll,
    flusher.close,
    queue.leave,
  ];
  if (gate.mayStore()) open();

  const verbs: Omit<Client, 'consent'> = {
    track: (event, properties, extra) => capture({ type: 'track', event, properties, ...from(extra) }),
    page: (name, properties, extra) => capture({ type: 'page', name, properties, ...from(extra) }),
    screen: (name, properties, extra) => capture({ type: 'screen', name, properties, ...from(extra) }),
    group: (groupId, traits, extra) => capture({ type: 'group', groupId, traits, ...from(extra) }),
    identify(userId, traits, extra) {
      setUser(userId);
      capture({ type: 'identify', traits, ...from(extra) });
    },
    alias(userId, previousId, extra) {
      const before = identity.person();
      const previous = previousId || before.userId || before.anonymousId;
      setUser(userId);
      capture({ type: 'alias', previousId: previous, ...from(extra) });
    },
    reset,
    optOut: () => gate.withdraw(clock.now()),
    async flush(timeoutMs = 5_000) {
      const before = stats();
      await opened;
      await flusher.flush(timeoutMs);
      const after = stats();
      return { sent: after.sent - before.sent, pending: after.pending, dropped: after.dropped - before.dropped };
    },
    use: plugins.use,
    onError: guard.onError,
    debug: guard.debug,
    getAnonymousId: () => identity.person().anonymousId,
    getSessionId() {
      const session = sessions.current();
      return session && session.id;
    },
    stats: () => ({ ...stats(), droppedBy: { ...tally.dropped } }),
    replay(at, run) {
      moment = at;
      guard.run('replay', run);
      moment = null;
    },
    close() {
      for (const off of offs) off();
    },
  };
  const consent: Client['consent'] = {
    get: state,
    set: (preferences) => gate.set(preferences, clock.now()),
    withdraw: verbs.optOut,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  return { ...guard.shield(verbs), consent: guard.shield(consent) };
}

const sum = (counts: Counts) => Object.values(counts).reduce((total, n) => total + n, 0);

function from({ purpose, timestamp }: CallOptions = {}): Pick<Call, 'purpose' | 'timestamp'> {
  const when = timestamp && new Date(timestamp);
  return { purpose, timestamp: when && Number(when) ? when.toISOString() : undefined };
}
