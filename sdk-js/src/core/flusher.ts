/**
 * When to send: twenty events, two seconds, or a page that is leaving. One request in flight, except while
 * leaving, when everything that fits the platform's budget goes at once.
 *
 * An event leaves the queue only when the collector has confirmed it. An answer nobody waited for (a page
 * that died) confirms nothing, so the next visit sends the event again with the same id and the collector
 * keeps one. Consent is asked once more here, for each event, at the last moment before the wire.
 *
 * Only a page that is leaving sends by keepalive, because such a request cannot be called back: Chromium
 * finishes it even after its `abort`, and a withdrawal must be able to stop what is under way. So what is
 * under way when the page leaves is sent a second time, with the same ids, to outlive it. Browsers allow
 * 64 KB of keepalive bodies in flight for a whole page (Fetch, "http-network-or-cache fetch"), so we count
 * ours; what does not fit stays queued.
 */

import { byteLength, slice } from './batch.js';
import type { Guard } from './guard.js';
import { parse } from './json.js';
import type { Answer, Ports, Undo } from './ports.js';
import { type Decision, MAX_MESSAGE_BYTES } from './protocol.js';
import type { Item, Queue } from './queue.js';
import { next } from './retry.js';
import type { Tally } from './tally.js';

export interface Flusher {
  /** Something was queued; `now` if it has waited in a page that is gone, and should not wait in this one too. */
  nudge(now?: unknown): void;
  /** Sends all there is; resolves when it is gone, or sending has stopped, or `timeoutMs` is over. */
  flush(timeoutMs: number): Promise<void>;
  leave(): void;
  /** Aborts requests and drops events that may no longer be sent. */
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
  flushAt?: number;
  flushAfterMs?: number;
  decide: (purpose: string) => Decision;
  /** A batch was confirmed. */
  delivered: () => void;
}

interface Flight {
  /** None once it was called back: then its answer says nothing about the collector. */
  items: Item[];
  /** Of keepalive requests only. */
  bytes: number;
  abort: Undo;
}

const KEEPALIVE_BYTES = 60_000;
const MAX_BATCH_BYTES = MAX_MESSAGE_BYTES;
const TIMEOUT_MS = 10_000;

export function createFlusher(options: FlusherOptions): Flusher {
  const { ports, queue, tally, guard, decide, writeKey, flushAt = 20, flushAfterMs = 2_000 } = options;
  const { clock, lifecycle } = ports;
  const url = `${options.endpoint.replace(/\/+$/, '')}/v1/batch`;
  const flights = new Set<Flight>();
  const waiters = new Set<() => void>();
  let limit = flushAt;
  let attempt = 0;
  let timer: Undo | null = null;
  let pause: { end: Undo; network: boolean } | null = null;
  let stopped = false;

  const allowed = ({ purpose }: Item) => decide(purpose) === 'allow';

  /** Aborts requests and drops events that may no longer be sent. */
  function recheck(): void {
    for (const flight of flights) {
      if (!flight.items.every(allowed)) recall(flight);
    }
    const denied = queue.items().filter(({ purpose }) => decide(purpose) === 'deny');
    tally.drop('no_consent', queue.remove(denied));
  }

  /** Its events are free to travel with another request, and its own end must not set them free again. */
  function recall(flight: Flight): void {
    land(flight.items);
    flight.items = [];
    flight.abort();
  }

  function land(items: Item[]): void {
    for (const item of items) item.inFlight = false;
  }

  /** The next events that may travel together. */
  function take(): Item[] {
    recheck();
    const ready = queue
      .items()
      .filter((item) => !item.inFlight && allowed(item))
      .slice(0, limit);
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
    const rest = JSON.stringify({ writeKey, sentAt });
    const body = `{"batch":[${items.map((item) => item.body).join()}],${rest.slice(1)}`;
    const bytes = byteLength(body);
    let flying = bytes;
    for (const flight of flights) flying += flight.bytes;
    if (leaving && flying > KEEPALIVE_BYTES) return false;

    const { answer, abort } = ports.http.post({ url, body, keepalive: leaving });
    const flight: Flight = { items, bytes: leaving ? bytes : 0, abort };
    flights.add(flight);
    for (const item of items) item.inFlight = true;
    const late = clock.after(TIMEOUT_MS, abort);
    void answer.then((got) => {
      late();
      flights.delete(flight);
      land(flight.items);
      guard.run('flush', () => (flight.items.length ? settle(items, got) : pump()));
      for (const check of waiters) check();
    });
    return true;
  }

  function leave(): void {
    for (const flight of flights) if (!flight.bytes) recall(flight);
    pump(true);
  }

  function settle(items: Item[], { status, retryAfter, body }: Answer): void {
    const answer = parse(body) as { rejected?: Refusal[] } | null;
    // a 200 that is not the collector's (a captive portal, a proxy's error page) confirms nothing
    const verdict = next(
      status === 200 && !answer ? 0 : status,
      retryAfter,
      attempt,
      items.length,
      ports.random.next(),
    );
    guard.log(status, verdict, items.length);
    if (verdict.action === 'retry') {
      attempt++;
      if (pause) pause.end();
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
      else confirm(items, (answer && answer.rejected) || []);
      pump();
    }
  }

  function confirm(items: Item[], rejected: Refusal[]): void {
    limit = flushAt;
    const reasons = new Map(rejected.map(({ messageId, reason }) => [messageId, reason]));
    for (const item of items) {
      // not there any more: its purpose was denied meanwhile, and it is counted as that
      if (!queue.remove([item])) continue;
      const reason = reasons.get(item.id);
      if (!reason) {
        tally.sent++;
        continue;
      }
      tally.drop(reason);
      guard.report('rejected', `collector refused: ${reason}`);
    }
    options.delivered();
  }

  function refuse(items: Item[], status: number): void {
    const reason = status === 413 ? 'too_large' : 'refused';
    tally.lose(reason, queue.remove(items));
    guard.report(reason, `collector answered ${status}: given up`);
  }

  function stop(status: number): void {
    stopped = true;
    guard.report('stopped', `collector answered ${status}: stopped; check write key and origins`);
  }

  const offOnline = lifecycle.onOnline(
    guard.wrap('online', () => {
      // a server that asked for patience still gets it
      if (pause && pause.network) {
        pause.end();
        pause = null;
      }
      pump();
    }),
  );

  return {
    nudge(now) {
      if (now || queue.items().length >= flushAt) pump();
      else if (!timer)
        timer = clock.after(
          flushAfterMs,
          guard.wrap('timer', () => pump()),
        );
    },
    flush(timeoutMs) {
      return new Promise((resolve) => {
        const finish = () => {
          waiters.delete(check);
          cancel();
          resolve();
        };
        const check = () => {
          if (stopped || !queue.items().some((item) => item.inFlight || allowed(item))) finish();
        };
        const cancel = clock.after(timeoutMs, finish);
        waiters.add(check);
        pump();
        check();
      });
    },
    leave,
    recheck,
    close() {
      stopped = true;
      offOnline();
      if (timer) timer();
      if (pause) pause.end();
      for (const { abort } of flights) abort();
    },
  };
}

interface Refusal {
  messageId: string;
  reason: string;
}
