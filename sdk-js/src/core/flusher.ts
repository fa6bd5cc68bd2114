/**
 * When to send: twenty events, two seconds, or a page that is leaving. One request in flight, except while
 * leaving, when everything that fits the platform's budget goes at once.
 *
 * An event leaves the queue only when the collector has confirmed it. An answer nobody waited for (a page
 * that died) confirms nothing, so the next visit sends the event again with the same id and the collector
 * keeps one. Consent is asked once more here, for each event, at the last moment before the wire.
 *
 * Requests are keepalive whenever they fit, because a page may be left while they fly. Browsers allow 64 KB
 * of keepalive bodies in flight for a whole page (Fetch, "http-network-or-cache fetch"), so we count ours;
 * what does not fit stays queued.
 */

import { byteLength, slice } from './batch.js';
import type { Guard } from './guard.js';
import type { Answer, Ports, Undo } from './ports.js';
import { type Decision, MAX_MESSAGE_BYTES } from './protocol.js';
import type { Item, Queue } from './queue.js';
import { next } from './retry.js';
import type { Tally } from './tally.js';

export interface Report {
  sent: number;
  pending: number;
  dropped: number;
}

export interface Flusher {
  /** Something was queued. */
  nudge(): void;
  /** Sends all there is; resolves when it is gone, or sending has stopped, or `timeoutMs` is over. */
  flush(timeoutMs: number): Promise<void>;
  leave(): void;
  /** Aborts the requests that carry any event which may no longer be sent. */
  recheck(): void;
  close(): void;
}

export interface FlusherOptions {
  ports: Pick<Ports, 'http' | 'clock' | 'random' | 'lifecycle'>;
  queue: Queue;
  tally: Tally;
  guard: Guard;
  endpoint: string;
  writeKey: string;
  flushAt: number;
  flushAfterMs: number;
  decide: (purpose: string) => Decision;
  /** A batch was confirmed. */
  delivered: () => void;
}

interface Flight {
  items: Item[];
  bytes: number;
  abort: Undo;
  /** Aborted by us, because consent changed: says nothing about the collector. */
  recalled: boolean;
}

const KEEPALIVE_BYTES = 60_000;
const MAX_BATCH_BYTES = MAX_MESSAGE_BYTES;
const TIMEOUT_MS = 10_000;

export function createFlusher(options: FlusherOptions): Flusher {
  const { ports, queue, tally, guard, flushAt } = options;
  const { clock, lifecycle } = ports;
  const url = `${options.endpoint}/v1/batch`;
  const flights = new Set<Flight>();
  const waiters = new Set<() => void>();
  let limit = flushAt;
  let attempt = 0;
  let timer: Undo | null = null;
  let pause: { end: Undo; network: boolean } | null = null;
  let stopped = false;

  /** The next events that may travel together. Drops what has been denied since it was queued. */
  function take(): Item[] {
    const free = queue.items().filter((item) => !item.inFlight);
    const denied = free.filter((item) => options.decide(item.purpose) === 'deny');
    tally.drop('no_consent', queue.remove(denied));
    const ready = free.filter((item) => options.decide(item.purpose) === 'allow').slice(0, limit);
    const sizes = ready.map((item) => item.bytes);
    const [first = []] = slice(sizes, limit, MAX_BATCH_BYTES, MAX_MESSAGE_BYTES).batches;
    return first.map((index) => ready[index] as Item);
  }

  function pump(leaving = false): void {
    if (timer) timer();
    timer = null;
    if (stopped || pause || !lifecycle.online()) return;
    while (leaving || !flights.size) {
      const items = take();
      if (!items.length || !send(items, leaving)) return;
    }
  }

  function send(items: Item[], leaving: boolean): boolean {
    const sentAt = new Date(clock.now()).toISOString();
    const rest = JSON.stringify({ writeKey: options.writeKey, sentAt });
    const body = `{"batch":[${items.map((item) => item.body).join()}],${rest.slice(1)}`;
    const bytes = byteLength(body);
    const flying = [...flights].reduce((sum, flight) => sum + flight.bytes, 0);
    const keepalive = flying + bytes <= KEEPALIVE_BYTES;
    if (leaving && !keepalive) return false;

    const { answer, abort } = ports.http.post({ url, body, keepalive });
    const flight: Flight = { items, bytes: keepalive ? bytes : 0, abort, recalled: false };
    flights.add(flight);
    for (const item of items) item.inFlight = true;
    const late = clock.after(TIMEOUT_MS, abort);
    void answer.then((got) => {
      late();
      flights.delete(flight);
      for (const item of items) item.inFlight = false;
      guard.run('flush', () => (flight.recalled ? pump() : settle(items, got)));
      for (const check of [...waiters]) check();
    });
    return true;
  }

  function settle(items: Item[], { status, retryAfter, body }: Answer): void {
    const answer = status === 200 ? parse(body) : null;
    // a 200 that is not the collector's (a captive portal, a proxy's error page) confirms nothing
    const verdict = next(
      status === 200 && !answer ? 0 : status,
      retryAfter,
      attempt,
      items.length,
      ports.random.next(),
    );
    guard.log('answer', status, verdict.action, items.length);
    if (verdict.action === 'retry') {
      attempt++;
      pause?.end();
      const end = clock.after(verdict.delayMs, () => {
        pause = null;
        pump();
      });
      pause = { end, network: status === 0 };
    } else {
      attempt = 0;
      if (verdict.action === 'stop') stop(status);
      else if (verdict.action === 'split') limit = Math.ceil(items.length / 2);
      else if (verdict.action === 'drop') refuse(items, status);
      else confirm(items, Array.isArray(answer?.rejected) ? answer.rejected : []);
      pump();
    }
  }

  function confirm(items: Item[], rejected: Refusal[]): void {
    limit = flushAt;
    const refused = new Map(rejected.map((refusal) => [refusal.messageId, refusal]));
    for (const item of items) {
      // not there any more: its purpose was denied meanwhile, and it is counted as that
      if (!queue.remove([item])) continue;
      const refusal = refused.get(item.id);
      if (!refusal) {
        tally.sent++;
        continue;
      }
      tally.drop(refusal.reason);
      const message = `the collector refused an event: ${refusal.reason}. ${refusal.detail ?? ''}`;
      guard.once(`rejected ${refusal.reason}`, { reason: 'rejected', message });
    }
    options.delivered();
  }

  function refuse(items: Item[], status: number): void {
    const reason = status === 413 ? 'too_large' : 'refused';
    tally.lose(reason, queue.remove(items));
    guard.once(`status ${status}`, { reason, message: `the collector answered ${status}; these events are given up` });
  }

  function stop(status: number): void {
    stopped = true;
    const message = `the collector answered ${status}: check the write key and the allowed origins. Sending has stopped`;
    guard.once('stopped', { reason: 'stopped', message });
  }

  const offOnline = lifecycle.onOnline(() => {
    // a server that asked for patience still gets it
    if (pause?.network) {
      pause.end();
      pause = null;
    }
    guard.run('online', () => pump());
  });

  return {
    nudge() {
      if (queue.items().length >= flushAt) pump();
      else timer ??= clock.after(options.flushAfterMs, () => guard.run('timer', () => pump()));
    },
    flush(timeoutMs) {
      return new Promise((resolve) => {
        const finish = () => {
          waiters.delete(check);
          cancel();
          resolve();
        };
        const check = () => {
          if (stopped || !queue.items().some((item) => item.inFlight || options.decide(item.purpose) === 'allow'))
            finish();
        };
        const cancel = clock.after(timeoutMs, finish);
        waiters.add(check);
        pump();
        check();
      });
    },
    leave: () => pump(true),
    recheck() {
      for (const flight of [...flights]) {
        if (flight.items.every((item) => options.decide(item.purpose) === 'allow')) continue;
        flight.recalled = true;
        flight.abort();
      }
    },
    close() {
      stopped = true;
      offOnline();
      timer?.();
      pause?.end();
      for (const { abort } of [...flights]) abort();
    },
  };
}

interface Refusal {
  messageId: string;
  reason: string;
  detail?: string;
}

function parse(body: string): { rejected?: Refusal[] } | null {
  try {
    const answer: unknown = JSON.parse(body);
    return typeof answer === 'object' ? answer : null;
  } catch {
    return null; // not ours; the caller treats it as no answer at all
  }
}
