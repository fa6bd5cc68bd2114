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
import type { Client, ClientOptions } from '../src/core/api.js';
import { createClient } from '../src/core/client.js';
import type { Ports } from '../src/core/ports.js';

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

async function run(command: Command): Promise<object> {
  const { properties, traits, purpose } = command;
  const extra = purpose ? { purpose } : undefined;
  if (command.do === 'init') return (init(command), {});
  if (command.do === 'restart') {
    if (!last) throw new Error('nothing to restart: send init first');
    return (init({ ...last, ...command, do: 'init' }), {});
  }
  if (command.do === 'kill') return (drop(), {});
  if (!client) throw new Error('no client: send init or restart first');
  switch (command.do) {
    case 'track':
      return (client.track(command.event, properties, extra), {});
    case 'page':
      return (client.page(command.name, properties, extra), {});
    case 'screen':
      return (client.screen(command.name, properties, extra), {});
    case 'identify':
      return (client.identify(command.userId, traits, extra), {});
    case 'group':
      return (client.group(command.groupId, traits, extra), {});
    case 'alias':
      return (client.alias(command.userId, command.previousId, extra), {});
    case 'reset':
      return (client.reset(), {});
    case 'consent':
      return (client.consent.set(command.set), {});
    case 'withdraw':
      return (client.consent.withdraw(), {});
    case 'flush':
      return client.flush(command.timeoutMs);
    case 'leave':
      for (const leave of [...listeners.leave]) leave(true);
      return {};
    case 'offline':
      online = false;
      return {};
    case 'online':
      online = true;
      for (const wake of [...listeners.online]) wake();
      return {};
    case 'advance':
      skew += command.ms;
      return {};
    case 'stats':
      return {
        ...client.stats(),
        anonymousId: client.getAnonymousId(),
        sessionId: client.getSessionId(),
        consent: client.consent.get(),
        problems,
        stored: [...store.keys()],
      };
    default:
      throw new Error(`unknown command ${JSON.stringify(command.do)}: see the list at the top of adapter.ts`);
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  if (!line.trim()) continue;
  let answer: object;
  try {
    answer = { ok: true, ...(await run(JSON.parse(line))) };
  } catch (error) {
    answer = { error: error instanceof Error ? error.message : String(error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
drop();
