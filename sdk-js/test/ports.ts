/**
 * A platform in memory: one `Device` is a browser profile, `tab()` opens a page on it. Time stands still
 * until a test moves it; requests wait for the test's answer. Used by the unit tests and the property tests.
 */

import type { ClientOptions } from '../src/core/api.js';
import { createClient } from '../src/core/client.js';
import { createDraft } from '../src/core/draft.js';
import type { Answer, Ports, Undo } from '../src/core/ports.js';
import type { Message } from '../src/core/protocol.js';
import { createTabs } from '../src/core/tabs.js';

export interface Sent {
  url: string;
  batch: Message[];
  writeKey: string;
  sentAt: string;
  keepalive: boolean;
}

export type Reply = (sent: Sent) => Partial<Answer> | 'hang';

export const ok: Reply = () => ({ status: 200, body: '{"success":true,"accepted":1,"rejected":[]}' });

export class Device {
  store = new Map<string, string>();
  reads: string[] = [];
  sent: Sent[] = [];
  confirmed: Message[] = [];
  /** Requests that were taken back before an answer. */
  aborted = 0;
  now = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
  /** What the clock on the wall is ahead of the time that passes (ms): somebody has set it. */
  skew = 0;
  /** Timers are due at multiples of this only (ms), as in a tab in the background. */
  throttle = 1;
  reply: Reply = ok;
  /** What a GET answers, by the end of its address; nothing: no answer. */
  answers = new Map<string, unknown>();
  got: { url: string; token: string | undefined }[] = [];
  /** Bodies that were posted to another address than the batches'. */
  posted: { url: string; body: Record<string, unknown> }[] = [];
  /** Other tabs hear of a write only when `arrive` is called. */
  late = false;
  private onTheWay: (() => void)[] = [];
  online = true;
  gpc = false;
  quota = Number.POSITIVE_INFINITY;
  random = 0.5;
  private seed = 1;
  private timers = new Set<{ at: number; run: () => void }>();
  claims = new Set<string>();
  private watchers = new Set<{ tab: object; key: string; run: (value: string | null) => void }>();

  /** Moves the clock and runs what is due, in order, with all promises in between. */
  async advance(ms: number): Promise<void> {
    const until = this.now + ms;
    for (;;) {
      await settle();
      const due = [...this.timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.timers.delete(due);
      this.now = Math.max(this.now, due.at);
      due.run();
    }
    this.now = until;
    await settle();
  }

  arrive(): void {
    while (this.onTheWay.length) this.onTheWay.shift()?.();
  }

  tab(options: Partial<ClientOptions> = {}) {
    const tab = {};
    const events: Record<'leave' | 'return' | 'online', Set<(final: boolean) => void>> = {
      leave: new Set(),
      return: new Set(),
      online: new Set(),
    };
    const on =
      (name: keyof typeof events) =>
      (run: (final: boolean) => void): Undo => {
        events[name].add(run);
        return () => events[name].delete(run);
      };
    const claimed = new Set<string>();
    const notify = (key: string) => {
      const value = this.store.get(key) ?? null;
      for (const watcher of [...this.watchers]) {
        if (watcher.tab === tab || watcher.key !== key) continue;
        if (this.late) this.onTheWay.push(() => watcher.run(value));
        else watcher.run(value);
      }
    };
    let dead = false;

    const ports: Ports = {
      storage: {
        get: (key) => {
          this.reads.push(key);
          return this.store.get(key) ?? null;
        },
        set: (key, value) => {
          const used = [...this.store].reduce((sum, [k, v]) => sum + (k === key ? 0 : k.length + v.length), 0);
          if (used + key.length + value.length > this.quota) return false;
          this.store.set(key, value);
          notify(key);
          return true;
        },
        remove: (key) => {
          if (this.store.delete(key)) notify(key);
        },
        keys: (prefix) => [...this.store.keys()].filter((key) => key.startsWith(prefix)),
        watch: (key, run) => {
          const watcher = { tab, key, run };
          this.watchers.add(watcher);
          return () => this.watchers.delete(watcher);
        },
        claim: async (name) => {
          if (dead) return new Promise(() => {});
          if (this.claims.has(name)) return null;
          this.claims.add(name);
          claimed.add(name);
          return () => {
            this.claims.delete(name);
            claimed.delete(name);
          };
        },
      },
      http: {
        get: async (url, token) => {
          this.got.push({ url, token });
          const [, answer] = [...this.answers].find(([end]) => url.replace(/\?.*/, '').endsWith(end)) || [];
          return answer ? JSON.stringify(answer) : null;
        },
        post: ({ url, body, keepalive }) => {
          if (url.includes('/consent/')) {
            this.posted.push({ url, body: JSON.parse(body) });
            const answer = this.answers.get('/receipts') as Answer | undefined;
            return { answer: Promise.resolve(answer || { status: 0, retryAfter: null, body: '' }), abort: () => {} };
          }
          const sent: Sent = { url, keepalive, ...JSON.parse(body) };
          this.sent.push(sent);
          let abort: Undo = () => {};
          const answer = new Promise<Answer>((resolve) => {
            abort = () => {
              this.aborted++;
              resolve({ status: 0, retryAfter: null, body: '' });
            };
            const reply = this.reply(sent);
            if (reply === 'hang') return;
            const full = { status: 200, retryAfter: null, body: '', ...reply };
            if (full.status === 200 && full.body) this.confirmed.push(...sent.batch);
            resolve(full);
          });
          // a page that is gone hears no answer
          return { answer: answer.then((got) => (dead ? new Promise<Answer>(() => {}) : got)), abort };
        },
      },
      clock: {
        now: () => this.now + this.skew,
        after: (ms, run) => {
          const at = Math.ceil((this.now + ms) / this.throttle) * this.throttle;
          const timer = { at, run: () => dead || run() };
          this.timers.add(timer);
          return () => this.timers.delete(timer);
        },
        soon: (run) => {
          this.timers.add({ at: this.now, run: () => dead || run() });
        },
      },
      random: {
        next: () => this.random,
        bytes: (count) => Uint8Array.from({ length: count }, () => this.byte()),
      },
      lifecycle: {
        online: () => this.online,
        onOnline: (run) => on('online')(run),
        onLeave: on('leave'),
        onReturn: (run) => on('return')(run),
      },
      facts: () => ({ page: { url: 'https://shop.example/', path: '/' }, ...(this.gpc && { gpc: true }) }),
      gpc: () => this.gpc,
      tabs: createTabs,
      draft: createDraft,
    };
    const client = createClient(ports, {
      writeKey: 'wk',
      endpoint: 'https://c.example/',
      library: { name: '@firsthand/web', version: '0.1.0' },
      strict: true,
      ...options,
    });
    return {
      client,
      ports,
      listeners: () => Object.values(events).reduce((sum, set) => sum + set.size, 0),
      leave: (final = true) => fire(events.leave, final),
      comeBack: () => fire(events.return),
      goOnline: () => fire(events.online),
      /** The process dies: no event, no answer, no timer; the system takes its claims back. */
      kill: () => {
        dead = true;
        for (const name of claimed) this.claims.delete(name);
        for (const watcher of [...this.watchers]) if (watcher.tab === tab) this.watchers.delete(watcher);
      },
    };
  }

  private byte(): number {
    this.seed = (this.seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return (this.seed >> 16) & 255;
  }
}

function fire(listeners: Set<(final: boolean) => void>, final = true): void {
  for (const run of [...listeners]) run(final);
}

export async function settle(): Promise<void> {
  for (let i = 0; i < 30; i++) await Promise.resolve();
}

export const names = (sent: { batch: Message[] }[]) =>
  sent.flatMap(({ batch }) => batch.map(({ event, type }) => event ?? type));

/** Keys of the events that the device keeps. */
export const stored = (device: Device) => [...device.store.keys()].filter((key) => key.includes('.q.'));
