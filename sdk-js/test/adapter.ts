/**
 * The web SDK's core for the scenario driver: one JSON command a line on stdin, one JSON answer a line on
 * stdout. `--state FILE` keeps the device's storage in a file, so that killing this very process and
 * starting it again is a restart too. Node's fetch is the network.
 *
 *     {"do":"init","endpoint","writeKey","mode"?,"gpc"?,"flushAt"?,"flushAfterMs"?}
 *     {"do":"track","event","properties"?,"purpose"?}  {"do":"page","name"?,"properties"?}  (screen likewise)
 *     {"do":"identify","userId","traits"?}  {"do":"group","groupId","traits"?}  {"do":"alias","userId"}  {"do":"reset"}
 *     {"do":"consent","set":{…}}  {"do":"withdraw"}
 *     {"do":"flush","timeoutMs"?} → sent, pending, dropped      {"do":"stats"} → all counters, ids, problems, stored
 *     {"do":"offline"}  {"do":"online"}  {"do":"leave"}         {"do":"advance","ms"}: the clock jumps
 *     {"do":"kill"}: the client is gone, storage stays          {"do":"restart"}: the same client again over it
 *
 * Each answers {"ok":true,…} or {"error":"…"}.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { CallOptions, Client, ClientOptions } from '../src/core/api.js';
import { createClient } from '../src/core/client.js';
import { createDraft } from '../src/core/draft.js';
import type { Ports } from '../src/core/ports.js';
import { createTabs } from '../src/core/tabs.js';

// biome-ignore lint/suspicious/noExplicitAny: a command is whatever the driver sends
type Command = any;

const stateFile = process.argv.includes('--state') ? process.argv[process.argv.indexOf('--state') + 1] : undefined;
const store = new Map<string, string>(Object.entries(readState()));
const listeners = { leave: new Set<(final: boolean) => void>(), online: new Set<() => void>() };
const problems: unknown[] = [];
let claims = new Set<string>();
let client: Client | null = null;
let last: Command = null;
let online = true;
let skew = 0;

function readState(): Record<string, string> {
  if (!stateFile) return {};
  try {
    return JSON.parse(readFileSync(stateFile, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}

function changed(): void {
  if (stateFile) writeFileSync(stateFile, JSON.stringify(Object.fromEntries(store)));
}

function subscribe<T>(set: Set<T>, run: T) {
  set.add(run);
  return () => void set.delete(run);
}

function ports(gpc: boolean): Ports {
  const mine = claims;
  return {
    storage: {
      get: (key) => store.get(key) ?? null,
      set(key, value) {
        store.set(key, value);
        changed();
        return true;
      },
      remove(key) {
        if (store.delete(key)) changed();
      },
      keys: (prefix) => [...store.keys()].filter((key) => key.startsWith(prefix)),
      watch: () => () => {},
      async claim(name) {
        if (mine.has(name)) return null;
        mine.add(name);
        return () => void mine.delete(name);
      },
    },
    http: {
      post({ url, body }) {
        const controller = new AbortController();
        const answer = fetch(url, {
          method: 'POST',
          body,
          headers: { 'Content-Type': 'text/plain' },
          signal: controller.signal,
        })
          .then(async (response) => ({
            status: response.status,
            retryAfter: response.headers.get('Retry-After'),
            body: await response.text(),
          }))
          .catch(() => ({ status: 0, retryAfter: null, body: '' }));
        return { answer, abort: () => controller.abort() };
      },
    },
    clock: {
      now: () => Date.now() + skew,
      after(ms, run) {
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
    },
    random: { next: Math.random, bytes: (count) => crypto.getRandomValues(new Uint8Array(count)) },
    lifecycle: {
      online: () => online,
      onOnline: (run) => subscribe(listeners.online, run),
      onLeave: (run) => subscribe(listeners.leave, run),
      onReturn: () => () => {},
    },
    facts: () => ({ locale: 'en', ...(gpc && { gpc }) }),
    gpc: () => gpc,
    tabs: createTabs,
    draft: createDraft,
  };
}

function drop(): void {
  client?.close();
  client = null;
  // as the system does with a dead tab's
  claims = new Set();
}

function init(command: Command): void {
  drop();
  last = command;
  const { endpoint, writeKey, mode, gpc = false, flushAt, flushAfterMs } = command;
  client = createClient(ports(gpc), {
    endpoint,
    writeKey,
    ...(mode && { consentMode: mode }),
    ...(flushAt && { flushAt }),
    ...(flushAfterMs && { flushAfterMs }),
    library: { name: '@firsthand/web', version: '0.1.0' },
  } satisfies ClientOptions);
  client.onError((problem) => problems.push(problem));
}

function restart(command: Command): void {
  if (!last) throw new Error('nothing to restart: send init first');
  init({ ...last, ...command, do: 'init' });
}

function wake(isOnline: boolean): void {
  online = isOnline;
  if (online) for (const run of [...listeners.online]) run();
}

function stats(of: Client): object {
  const [anonymousId, sessionId, consent] = [of.getAnonymousId(), of.getSessionId(), of.consent.get()];
  return { ...of.stats(), anonymousId, sessionId, consent, problems, stored: [...store.keys()] };
}

/** What each command does to the client; a result is added to the answer. */
const verbs: Record<string, (on: Client, command: Command, extra?: CallOptions) => unknown> = {
  track: (on, { event, properties }, extra) => on.track(event, properties, extra),
  page: (on, { name, properties }, extra) => on.page(name, properties, extra),
  screen: (on, { name, properties }, extra) => on.screen(name, properties, extra),
  identify: (on, { userId, traits }, extra) => on.identify(userId, traits, extra),
  group: (on, { groupId, traits }, extra) => on.group(groupId, traits, extra),
  alias: (on, { userId, previousId }, extra) => on.alias(userId, previousId, extra),
  reset: (on) => on.reset(),
  consent: (on, { set }) => on.consent.set(set),
  withdraw: (on) => on.consent.withdraw(),
  flush: (on, { timeoutMs }) => on.flush(timeoutMs),
  stats,
  leave: () => {
    for (const leave of [...listeners.leave]) leave(true);
  },
  offline: () => wake(false),
  online: () => wake(true),
  advance: (_, { ms }) => {
    skew += ms;
  },
};

const withoutClient: Record<string, (command: Command) => void> = { init, restart, kill: drop };

async function run(command: Command): Promise<unknown> {
  const start = withoutClient[command.do];
  if (start) return start(command);
  const verb = verbs[command.do];
  if (!verb) throw new Error(`unknown command ${JSON.stringify(command.do)}: see the list at the top of adapter.ts`);
  if (!client) throw new Error('no client: send init or restart first');
  return verb(client, command, command.purpose ? { purpose: command.purpose } : undefined);
}

for await (const line of createInterface({ input: process.stdin })) {
  if (!line.trim()) continue;
  let answer: object;
  try {
    answer = { ok: true, ...((await run(JSON.parse(line))) as object | undefined) };
  } catch (error) {
    answer = { error: error instanceof Error ? error.message : String(error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
drop();
