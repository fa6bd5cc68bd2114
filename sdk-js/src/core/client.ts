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
import { createGate } from './gate.js';
import { createGuard, subscribe } from './guard.js';
import { createIdentity, createIds, type Person } from './identity.js';
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
import { createSessions, type SessionState } from './session.js';
import { createTally, sum } from './tally.js';
import { createVault } from './vault.js';

export interface Captured {
  call: Call;
  at: number;
  facts: Facts;
  purpose: string;
  person: Person;
  userId: string | null;
  bytes?: number | undefined;
}

export function createClient(ports: Ports, options: ClientOptions): Client {
  const { storage, clock, random, lifecycle } = ports;
  const { writeKey, log = () => {}, beforeSend, path = '/v1/batch', queryParams = [], consentMode: mode } = options;
  const root = options.endpoint.replace(/\/+$/, '');
  const prefix = `fh.${writeKey}.`;
  const key = `${prefix}session`;
  const vault = createVault(storage);
  const guard = createGuard(log, options.debug, options.strict);
  const newId = createIds(random, clock);
  const tab = newId().slice(-12);
  const tally = createTally(vault, `${prefix}lost`);
  const identity = createIdentity(vault, prefix, newId);
  const registry = createRegistry(vault, `${prefix}props`);
  const queue = createQueue(vault, `${prefix}q.`, tab, tally, options);
  const sessions = createSessions(vault, key, newId, tab);
  const tabs = ports.tabs({ vault, root: `${prefix}q.`, key, tab, queue, sessions, tally, now: clock.now });
  const listeners = new Set<(state: ConsentState) => void>();
  const soon: Captured[] = [];
  let opened: unknown;
  let moment = 0;
  let shown: Page | undefined;
  let signalled = false;
  const now = () => moment || clock.now();
  const gpc = () => signalled || ports.gpc();

  const gate = createGate<Captured>({
    ...options,
    storage,
    key: `${prefix}consent`,
    mode: mode || 'opt_in',
    gpc,
    now: clock.now,
    release: (held) => enqueue(held),
    drop: tally.drop,
    chosen: (news, how) => inside.chosen?.(news, how),
    changed() {
      applyConsent();
      guard.tell(listeners, state());
    },
  });
  const flusher = createFlusher(ports, queue, tally, guard, gate.decide, delivered, root + path, options);
  const inside: Inside = {
    ports,
    root,
    writeKey,
    mode,
    gate,
    identity,
    vault,
    prefix,
    newId,
    gpc,
    off: (name) => plugins.off(name),
    // the same list that the platform's facts are cleaned by: the settings may add to it
    queryParams: queryParams as string[],
    draft: ports.draft?.({ gate, queue, newId, see, write }),
  };
  const plugins = createPlugins(capture, guard, now, inside);

  /** What is known at this moment, whatever becomes of it. */
  function see(call: Call, page = shown, at = now()): Captured {
    // fails open: an event without its context is worth more than none
    const facts = guard.run(ports.facts) || {};
    if (page) facts.page = { ...facts.page, ...page };
    const person = identity.person();
    return {
      call: { ...call, properties: registry.complete(call, at) },
      at,
      facts,
      purpose: call.purpose || ANALYTICS,
      person,
      userId: person.userId,
    };
  }

  function capture(call: Call, at?: number, page?: Page, isLater?: boolean): void {
    const decision = gate.decide(call.purpose || ANALYTICS);
    tally.counts.captured++;
    guard.log(decision, call);
    if (decision === 'deny') return tally.drop('no_consent');
    const captured = see(call, page, at);
    if (decision === 'allow') return isLater && clock.soon ? later(captured) : enqueue(captured);
    // the host may change its objects while we wait, so the copy is made now
    const copy = encode(captured.call);
    if (copy) gate.hold({ ...captured, call: JSON.parse(copy), bytes: copy.length });
  }

  /**
   * What a plugin saw is written down in a task of its own, so that the person's click is not kept waiting for it. It
   * is read and judged at once, and whatever comes next (a call, another decision, the end of the page) finds it done.
   */
  function later(captured: Captured): void {
    if (soon.push(captured) < 2) clock.soon?.(guard.wrap(catchUp));
  }

  function catchUp(): void {
    soon.splice(0).forEach(gate.pass);
  }

  function enqueue(captured: Captured): void {
    const { call, at, facts, purpose } = captured;
    const peek = () => sessions.peek(at, options.sessionKey?.(at, call.type, facts.page, sessions.current()?.key));
    let session = peek();
    if (!session.seq && inside.begins) {
      // counts as captured, if there is one
      tally.counts.captured += inside.begins(captured, registry.complete, enqueue);
      session = peek();
    }
    const id = newId(at);
    const body = write(captured, id, session);
    if (!body) return;
    sessions.commit(session);
    queue.push(id, purpose, body);
    flusher.nudge();
  }

  /** The encoded message; without a session it takes no number. Undefined, counted, where there is none. */
  function write(
    { call, at, facts, person, userId }: Captured,
    id: string,
    session?: SessionState,
  ): string | undefined {
    const state = {
      anonymousId: identity.mint(person, at),
      userId,
      sessionId: (session || sessions.peek(at)).id,
      seq: session?.seq,
      preferences: gate.preferences(true),
      receipt: gate.memory()?.[3],
    };
    const built = build(
      call,
      state,
      { ...ports.device?.(), ...facts },
      options.library,
      id,
      new Date(at).toISOString(),
    );
    if ('error' in built) return refuse(built.error, call);
    const message = beforeSend ? guard.run(() => beforeSend(built), 'beforeSend') : built;
    if (message) return encode(message);
    tally.drop('before_send');
    return undefined;
  }

  /** Undefined, counted, for what is too large and for what no JSON can hold (cycles, getters that throw). */
  function encode(value: Call | Message): string | undefined {
    let reason: Reason = 'too_large';
    try {
      const body = JSON.stringify(value);
      if (byteLength(body) <= MAX_MESSAGE_BYTES) return body;
    } catch {
      reason = 'invalid'; // the host's object, not our bug: counted and said below
    }
    return refuse(reason, value, tally.lose);
  }

  function refuse(reason: Reason, { type, event }: Call, count = tally.drop): undefined {
    count(reason);
    guard.report(reason, `${type} ${String(event || '').slice(0, 60)}`);
  }

  function applyConsent(): void {
    catchUp();
    const mayStore = gate.mayStore();
    if (mayStore) open();
    else if (opened || gate.decide(ANALYTICS) === 'deny') shut();
    guard.run(() => ports.publish?.(mayStore));
    flusher.recheck();
  }

  /** Purges also what an earlier page or another tab has stored. */
  function shut(): void {
    vault.unlocked = false;
    opened = false;
    tabs.leave();
    queue.close();
    tally.takeLost();
    reset();
  }

  function open(): void {
    if (vault.unlocked) return;
    vault.unlocked = true;
    identity.open(clock.now());
    tally.open();
    registry.open();
    queue.items().forEach(queue.store);
    opened = adopt();
  }

  /** What was found has waited long enough. */
  function adopt(again?: boolean): Promise<void> {
    const before = tally.counts.adopted;
    return tabs.adopt(again).then(() => flusher.nudge(tally.counts.adopted - before));
  }

  /** A network that works: the moment to tell what was lost, and to look for what tabs that died meanwhile have left. */
  function delivered(): void {
    void adopt(true);
    const reasons = tally.takeLost();
    const count = sum(reasons);
    if (count) capture({ type: 'track', event: '$lost', properties: { count, reasons }, internal: true });
  }

  function state(): ConsentState {
    const policy = gate.policy();
    return {
      mode: policy.mode,
      gpc: gpc(),
      preferences: gate.preferences(),
      current: gate.preferences(true),
      decisions: Object.fromEntries([NECESSARY, ...gate.asked()].map((purpose) => [purpose, gate.decide(purpose)])),
      notice: gate.memory()?.[2],
      policy,
    };
  }

  function setUser(userId: unknown): void {
    // Denied is denied: who the person is may be told again after a grant
    if (typeof userId !== 'string' || !userId || gate.decide(ANALYTICS) === 'deny') return;
    if ((identity.person().userId || userId) !== userId) reset();
    identity.setUser(userId);
  }

  function reset(): void {
    identity.reset();
    sessions.end();
    registry.reset();
  }

  function stats() {
    const held = gate.held();
    const queued = queue.items().length;
    const droppedBy = { ...tally.droppedBy };
    return { ...tally.counts, held, queued, pending: held + queued, dropped: sum(droppedBy), droppedBy };
  }

  const send = (type: Call['type'], said: Partial<Call>, { purpose, timestamp }: CallOptions = {}) => {
    const when = new Date(timestamp as string);
    capture({ type, ...said, purpose, timestamp: Number(when) ? when.toISOString() : undefined });
  };
  const verb =
    (type: Call['type'], subject: keyof Call = 'name', rest: keyof Call = 'properties') =>
    (name?: string, body?: Properties, extra?: CallOptions): void =>
      send(type, { [subject]: name, [rest]: body }, extra);

  const offs = [
    catchUp,
    lifecycle.onLeave(
      guard.wrap((final: boolean) => {
        catchUp();
        flusher.leave();
        if (final) tabs.leave();
      }),
    ),
    lifecycle.onReturn(
      guard.wrap(() => {
        tabs.resume();
        void adopt();
      }),
    ),
    gate.close,
    identity.close,
    plugins.undoAll,
    flusher.close,
    tabs.close,
    tabs.leave,
  ];
  // who has chosen may have been recorded by an earlier page, under a grant that is too old now
  opened = gate.memory();
  applyConsent();

  return {
    ...guard.shield<Omit<Client, 'consent'>>(catchUp, {
      track: verb('track', 'event'),
      page: verb('page'),
      screen: verb('screen'),
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
        guard.run(run, 'replay');
        moment = 0;
        shown = undefined;
      },
      missed(count) {
        tally.counts.captured += count;
        tally.lose('overflow', count);
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
        return { gpc: gpc(), denies: gate.denies() };
      },
    }),
  };
}
