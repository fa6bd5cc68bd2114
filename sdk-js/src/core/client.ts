/**
 * The heart: public verbs on one side, ports on the other. The path of an event, in order:
 *
 *     capture → gate (deny: counted, nothing is built; hold: memory) → enqueue: session and identity →
 *     event.build → size → queue → flusher → http → retry
 *
 * Captured facts (time, page, user) are those of the moment of the call, also for an event that waits for
 * consent. What needs an id (person, session, number) is only made when the event is allowed.
 */

import { byteLength } from './batch.js';
import { build } from './event.js';
import { createFlusher, type Report } from './flusher.js';
import { createGate } from './gate.js';
import { createGuard, type Guard, type Listener, type Log } from './guard.js';
import { createIdentity, type Person, uuid7 } from './identity.js';
import { createPlugins, type Plugin } from './plugin.js';
import type { Ports, Undo } from './ports.js';
import {
  ANALYTICS,
  type Call,
  type ConsentMode,
  type Decision,
  type Facts,
  type Library,
  MAX_MESSAGE_BYTES,
  type Message,
  type Page,
  type Preferences,
  type Properties,
  PURPOSES,
} from './protocol.js';
import { createQueue } from './queue.js';
import { createSessions } from './session.js';
import { createTally } from './tally.js';

export interface ClientOptions {
  writeKey: string;
  /** Where the collector is: `https://events.shop.example`, without a path of its own or with one. */
  endpoint: string;
  library: Library;
  consentMode?: ConsentMode | undefined;
  queryParams?: readonly string[] | undefined;
  /** Events that make a batch; 20. */
  flushAt?: number | undefined;
  /** How long an event waits for company, in ms; 2 000. */
  flushAfterMs?: number | undefined;
  maxQueueEvents?: number | undefined;
  maxQueueBytes?: number | undefined;
  debug?: boolean | undefined;
  log?: Log;
  /** Errors are thrown, not reported. For tests. */
  strict?: boolean | undefined;
}

export interface CallOptions {
  purpose?: string;
  /** When it happened, if not now. */
  timestamp?: Date | string | number;
}

export interface ConsentState {
  mode: string;
  gpc: boolean;
  preferences: Preferences | null;
  decisions: Record<string, Decision>;
}

export interface Stats extends Report {
  captured: number;
  adopted: number;
  handedOver: number;
  held: number;
  queued: number;
  droppedBy: Record<string, number>;
}

export interface Client {
  track(event: string, properties?: Properties, options?: CallOptions): void;
  page(name?: string, properties?: Properties, options?: CallOptions): void;
  screen(name?: string, properties?: Properties, options?: CallOptions): void;
  identify(userId: string, traits?: Properties, options?: CallOptions): void;
  group(groupId: string, traits?: Properties, options?: CallOptions): void;
  alias(userId: string, previousId?: string, options?: CallOptions): void;
  reset(): void;
  consent: {
    get(): ConsentState;
    set(preferences: Preferences): void;
    withdraw(): void;
    onChange(listener: (state: ConsentState) => void): Undo;
  };
  optOut(): void;
  /** What became of the events during this call; `pending` counts all that wait at its end. */
  flush(timeoutMs?: number): Promise<Report>;
  use(plugin: Plugin): Undo;
  onError(listener: Listener): Undo;
  debug(on?: boolean): void;
  getAnonymousId(): string | null;
  getSessionId(): string | null;
  stats(): Stats;
  /** Runs calls that were made at `at` (ms), before this client existed. */
  replay(at: number, run: () => void): void;
  /** Undoes every plugin and listener. What is stored stays for the next visit. */
  close(): void;
}

interface Captured {
  call: Call;
  at: number;
  facts: Facts;
  purpose: string;
  person: Person;
  userId: string | null;
}

export function createClient(ports: Ports, options: ClientOptions): Client {
  const { storage, clock, random, lifecycle } = ports;
  const prefix = `fh.${options.writeKey}.`;
  const mode = options.consentMode ?? 'opt_in';
  const guard: Guard = createGuard(options.log ?? (() => {}), options.debug === true, options.strict === true);
  const newId = (at: number) => uuid7(at, random);
  const tally = createTally(storage, `${prefix}lost`);
  const identity = createIdentity(storage, prefix, random);
  const sessions = createSessions(storage, `${prefix}session`, newId);
  const queue = createQueue({
    storage,
    prefix,
    tab: newId(clock.now()).slice(-12),
    maxEvents: options.maxQueueEvents ?? 1_000,
    maxBytes: options.maxQueueBytes ?? 256 * 1024,
    tally,
  });
  const listeners = new Set<(state: ConsentState) => void>();
  let opened: Promise<void> | null = null;
  let moment: number | null = null;
  const now = () => moment ?? clock.now();

  const gate = createGate<Captured>({
    storage,
    key: `${prefix}consent`,
    mode,
    gpc: ports.gpc,
    release: enqueue,
    purge: (_, why) => tally.drop(why),
    changed: () => {
      applyConsent();
      for (const listener of listeners) guard.run('onChange', () => listener(state()));
    },
  });
  const flusher = createFlusher({
    ports,
    queue,
    tally,
    guard,
    endpoint: options.endpoint.replace(/\/+$/, ''),
    writeKey: options.writeKey,
    flushAt: options.flushAt ?? 20,
    flushAfterMs: options.flushAfterMs ?? 2_000,
    decide: gate.decide,
    delivered: reportLosses,
  });
  const plugins = createPlugins(capture, guard, now, options.queryParams ?? []);

  function capture(call: Call, at = now(), page?: Page): void {
    tally.captured++;
    const purpose = call.purpose ?? ANALYTICS;
    const decision = gate.decide(purpose);
    guard.log(decision, call.type, call.event ?? call.name ?? '');
    if (decision === 'deny') return tally.drop('no_consent');
    const facts = ports.facts();
    if (page) facts.page = { ...facts.page, ...page };
    const person = identity.person();
    const captured: Captured = { call, at, facts, purpose, person, userId: person.userId };
    if (decision === 'allow') enqueue(captured);
    else {
      // the host may change its objects while we wait, so the copy is made now
      const copy = encode(call);
      if (copy) gate.hold({ ...captured, call: JSON.parse(copy) as Call });
    }
  }

  function enqueue({ call, at, facts, purpose, person, userId }: Captured): void {
    const session = sessions.peek(at);
    const anonymousId = identity.mint(person, at);
    const state = { anonymousId, userId, sessionId: session.id, seq: session.seq, preferences: gate.preferences() };
    const built = build(call, state, facts, options.library, newId(at), new Date(at).toISOString());
    if ('error' in built) {
      tally.drop(built.error);
      const message = `${call.type} ${String(call.event ?? '').slice(0, 50)} is not sent: ${built.error}`;
      return guard.once(message, { reason: built.error, message });
    }
    const body = encode(built);
    if (!body) return;
    if (byteLength(body) > MAX_MESSAGE_BYTES) {
      tally.lose('too_large');
      const message = `${call.type} ${built.event ?? ''} is over ${MAX_MESSAGE_BYTES} bytes and is not sent`;
      return guard.report({ reason: 'too_large', message });
    }
    sessions.commit(session);
    queue.push(built.messageId, purpose, body);
    flusher.nudge();
  }

  /** Properties that no JSON can hold (cycles, getters that throw) cost this one event: null. */
  function encode(value: Call | Message): string | null {
    try {
      return JSON.stringify(value);
    } catch (error) {
      tally.drop('invalid');
      guard.report({ reason: 'invalid', message: `${value.type} cannot be encoded: ${String(error).slice(0, 200)}` });
      return null;
    }
  }

  function applyConsent(): void {
    if (gate.mayStore()) {
      open();
    } else if (opened) {
      opened = null;
      queue.close();
      identity.forget();
      sessions.end(true);
      tally.close();
    }
    const denied = queue.items().filter((item) => gate.decide(item.purpose) === 'deny');
    flusher.recheck();
    tally.drop('no_consent', queue.remove(denied));
  }

  function open(): void {
    if (opened) return;
    identity.open(clock.now());
    sessions.open();
    tally.open();
    opened = queue.open().then(() => {
      if (queue.items().length) flusher.nudge();
    });
  }

  function reportLosses(): void {
    const reasons = tally.takeLost();
    if (!reasons) return;
    const count = Object.values(reasons).reduce((sum, n) => sum + n, 0);
    capture({ type: 'track', event: '$lost', properties: { count, reasons }, internal: true });
  }

  function state(): ConsentState {
    const preferences = gate.preferences();
    const known = new Set([...PURPOSES, ...Object.keys(preferences ?? {})]);
    const decisions = Object.fromEntries([...known].map((purpose) => [purpose, gate.decide(purpose)]));
    return { mode, gpc: ports.gpc(), preferences, decisions };
  }

  function setUser(userId: unknown): void {
    // Denied is denied: who the person is may be told again after a grant
    if (typeof userId !== 'string' || !userId || gate.decide(ANALYTICS) === 'deny') return;
    const { userId: known } = identity.person();
    if (known && known !== userId) reset();
    identity.setUser(userId);
  }

  function reset(): void {
    identity.reset();
    sessions.end();
  }

  function verb(name: string, run: () => void): void {
    guard.run(name, run);
  }

  const offs = [
    lifecycle.onLeave((final) => {
      guard.run('leave', () => {
        flusher.leave();
        if (final) queue.leave();
      });
    }),
    lifecycle.onReturn(() => {
      guard.run('return', () => void queue.resume().then(flusher.nudge));
    }),
    gate.close,
  ];
  if (gate.mayStore()) open();

  const pending = () => queue.items().length + gate.held();
  const droppedSoFar = () => Object.values(tally.dropped).reduce((sum, n) => sum + n, 0);

  return {
    track: (event, properties, extra) =>
      verb('track', () => capture({ type: 'track', event, ...given({ properties }), ...from(extra) })),
    page: (name, properties, extra) =>
      verb('page', () => capture({ type: 'page', ...given({ name, properties }), ...from(extra) })),
    screen: (name, properties, extra) =>
      verb('screen', () => capture({ type: 'screen', ...given({ name, properties }), ...from(extra) })),
    identify: (userId, traits, extra) =>
      verb('identify', () => {
        setUser(userId);
        capture({ type: 'identify', ...given({ traits }), ...from(extra) });
      }),
    group: (groupId, traits, extra) =>
      verb('group', () => capture({ type: 'group', groupId, ...given({ traits }), ...from(extra) })),
    alias: (userId, previousId, extra) =>
      verb('alias', () => {
        const { anonymousId, userId: known } = identity.person();
        const previous = previousId ?? known ?? anonymousId ?? undefined;
        setUser(userId);
        capture({ type: 'alias', ...given({ previousId: previous }), ...from(extra) });
      }),
    reset: () => verb('reset', reset),
    consent: {
      get: state,
      set: (preferences) => verb('consent.set', () => gate.set(preferences, clock.now())),
      withdraw: () => verb('consent.withdraw', () => gate.withdraw(clock.now())),
      onChange(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    optOut: () => verb('optOut', () => gate.withdraw(clock.now())),
    async flush(timeoutMs = 5_000) {
      const [sent, dropped] = [tally.sent, droppedSoFar()];
      await opened;
      await flusher.flush(timeoutMs);
      return { sent: tally.sent - sent, pending: pending(), dropped: droppedSoFar() - dropped };
    },
    use: plugins.use,
    onError: guard.onError,
    debug: (on = true) => guard.debug(on),
    getAnonymousId: () => identity.person().anonymousId,
    getSessionId: () => sessions.current()?.id ?? null,
    stats: () => ({
      captured: tally.captured,
      adopted: tally.adopted,
      handedOver: tally.handedOver,
      sent: tally.sent,
      held: gate.held(),
      queued: queue.items().length,
      pending: pending(),
      dropped: droppedSoFar(),
      droppedBy: { ...tally.dropped },
    }),
    replay(at, run) {
      moment = at;
      verb('replay', run);
      moment = null;
    },
    close() {
      plugins.undoAll();
      for (const off of offs) off();
      flusher.close();
      queue.leave();
    },
  };
}

/** The entries that have a value. */
function given<T extends object>(parts: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined && value !== null)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}

function from({ purpose, timestamp }: CallOptions = {}): Pick<Call, 'purpose' | 'timestamp'> {
  const when = timestamp === undefined ? Number.NaN : new Date(timestamp).getTime();
  return given({ purpose, timestamp: Number.isNaN(when) ? undefined : new Date(when).toISOString() });
}
