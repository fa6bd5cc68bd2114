/**
 * When to send: twenty events, 32 KB, three seconds, or a page that is leaving. One request in flight, except while
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

import { byteLength, fit, weigh } from './batch.js';
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
  writeKey: string;
  flushAt?: number | undefined;
  flushAfterMs?: number | undefined;
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

/** `delivered`: called when a batch was confirmed. */
export function createFlusher(
  { http, clock, lifecycle, random }: Pick<Ports, 'http' | 'clock' | 'random' | 'lifecycle'>,
  queue: Queue,
  tally: Tally,
  guard: Guard,
  decide: (purpose: string) => Decision,
  delivered: () => void,
  url: string,
  { writeKey, flushAt = 20, flushAfterMs = 3_000 }: FlusherOptions,
): Flusher {
  const flights = new Set<Flight>();
  const waiters = new Set<() => void>();
  let limit = flushAt;
  let attempt = 0;
  let timer: Undo | null = null;
  /** Sending waits until then; a server that asked for patience gets it, also from a network that came back. */
  let resume: Undo | null = null;
  let asked = 0;
  let stopped = false;

  const is = (decision: Decision) => (item: Item) => decide(item.purpose) === decision;
  const waits = () => queue.items().filter((item) => !item.inFlight && is('allow')(item));

  function recheck(): void {
    for (const flight of flights) if (!flight.items.every(is('allow'))) recall(flight);
    tally.drop('no_consent', queue.remove(queue.items().filter(is('deny'))));
  }

  /** Its events are free to travel with another request, and its own end must not set them free again. */
  function recall(flight: Flight): void {
    mark(flight, false);
    flight.items = [];
    flight.abort();
  }

  function mark({ items }: Flight, inFlight: boolean): void {
    for (const item of items) item.inFlight = inFlight;
  }

  function pump(leaving?: boolean): void {
    timer?.();
    timer = null;
    while (!stopped && !resume && lifecycle.online() && (leaving || !flights.size)) {
      recheck();
      const items = waits();
      items.length = fit(items, limit, MAX_BATCH_BYTES);
      if (!items.length || !send(items, leaving)) return;
    }
  }

  function send(items: Item[], keepalive = false): boolean {
    const rest = JSON.stringify({ writeKey, sentAt: new Date(clock.now()).toISOString() });
    const body = `{"batch":[${items.map((item) => item.body)}],${rest.slice(1)}`;
    const bytes = keepalive ? byteLength(body) : 0;
    if (keepalive && bytes + weigh(flights) > KEEPALIVE_BYTES) return false;

    const { answer, abort } = http.post({ url, body, keepalive });
    const flight: Flight = { items, bytes, abort };
    flights.add(flight);
    mark(flight, true);
    const late = clock.after(TIMEOUT_MS, abort);
    void answer.then(
      guard.wrap((got) => {
        late();
        flights.delete(flight);
        mark(flight, false);
        if (flight.items.length) settle(items, got);
        pump();
        for (const check of waiters) check();
      }),
    );
    return true;
  }

  function settle(items: Item[], { status, retryAfter, body }: Answer): void {
    const answer = parse(body);
    // a 200 that is not the collector's (a captive portal, a proxy's error page) confirms nothing
    const verdict = next(status === 200 && !answer ? 0 : status, retryAfter, attempt, items.length, random.next());
    const { action, delayMs } = verdict;
    guard.log(status, verdict, items.length);
    attempt = action === 'retry' ? attempt + 1 : 0;
    if (action === 'retry') {
      resume?.();
      asked = status;
      resume = clock.after(delayMs, unpause);
    } else if (action === 'split') limit = Math.ceil(items.length / 2);
    else if (action === 'done') confirm(items, answer?.rejected);
    else {
      stopped = action === 'stop';
      const reason = stopped ? 'stopped' : status === 413 ? 'too_large' : 'refused';
      if (!stopped) tally.lose(reason, queue.remove(items));
      guard.report(reason, status);
    }
  }

  function confirm(items: Item[], rejected: { messageId: string; reason: string }[] = []): void {
    limit = flushAt;
    for (const item of items) {
      // not there any more: its purpose was denied meanwhile, and it is counted as that
      if (!queue.remove([item])) continue;
      const reason = rejected.find(({ messageId }) => messageId === item.id)?.reason;
      guard.log(reason || 'accepted', item);
      if (reason) {
        tally.drop(reason);
        guard.report('rejected', reason);
      } else tally.counts.sent++;
    }
    delivered();
  }

  function unpause(): void {
    resume?.();
    resume = null;
    pump();
  }

  const offOnline = lifecycle.onOnline(
    guard.wrap(() => {
      if (!resume || !asked) unpause();
    }),
  );

  return {
    nudge(now) {
      if (now || queue.items().length >= flushAt || weigh(queue.items()) > MAX_BATCH_BYTES) pump();
      else timer ||= clock.after(flushAfterMs, guard.wrap(pump as () => void));
    },
    flush: (timeoutMs) =>
      new Promise((resolve) => {
        const check = (over?: boolean) => {
          if (!over && !stopped && (flights.size || waits().length)) return;
          waiters.delete(check);
          cancel();
          resolve();
        };
        const cancel = clock.after(timeoutMs, () => check(true));
        waiters.add(check);
        pump();
        check();
      }),
    leave() {
      for (const flight of flights) if (!flight.bytes) recall(flight);
      pump(true);
    },
    recheck,
    close() {
      stopped = true;
      offOnline();
      timer?.();
      resume?.();
      for (const { abort } of flights) abort();
    },
  };
}
