/**
 * The mini-program SDK for the scenario driver (tests/contract/driver.py): the commands of `sdk-js/test/adapter.ts`, here given
 * to the whole SDK inside the host. `--state FILE` keeps WeChat's storage in a file, so that killing this very process and
 * starting it again is a restart too. Node's fetch is the network.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { CallOptions } from '../../sdk-js/src/core/api.js';
import { createMiniprogram } from '../src/client.js';
import { createHost, type Host } from './host/host.js';
import type { Server } from './host/network.js';

// biome-ignore lint/suspicious/noExplicitAny: a command is whatever the driver sends
type Command = any;
type Client = ReturnType<typeof createMiniprogram>;

const stateFile = process.argv.includes('--state') ? process.argv[process.argv.indexOf('--state') + 1] : undefined;
const problems: unknown[] = [];
const realNow = Date.now;
let client: Client | null = null;
let host: Host | null = null;
let last: Command = null;

/** WeChat's storage, which outlives the process. */
class Kept extends Map<string, string> {
  constructor() {
    super();
    try {
      for (const [key, value] of JSON.parse(readFileSync(stateFile || '', 'utf8'))) super.set(key, value);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  override set(key: string, value: string): this {
    super.set(key, value);
    this.save();
    return this;
  }
  override delete(key: string): boolean {
    const was = super.delete(key);
    this.save();
    return was;
  }
  private save(): void {
    if (stateFile) writeFileSync(stateFile, JSON.stringify([...this]));
  }
}
const store = new Kept();

const server: Server = async ({ url, data, header, method }) => {
  const answer = await fetch(url, { method, headers: header, ...(data && { body: data }) });
  return { status: answer.status, headers: Object.fromEntries(answer.headers), body: await answer.text() };
};

function drop(): void {
  client?.close();
  client = null;
}

function init(command: Command): void {
  drop();
  last = command;
  const { endpoint, writeKey, mode, flushAt, flushAfterMs } = command;
  host = createHost({ store, server });
  host.settings.storageDelayMs = 0;
  client = createMiniprogram({
    ...{ endpoint, writeKey, autotrack: false },
    ...(mode && { consentMode: mode }),
    ...(flushAt && { flushAt }),
    ...(flushAfterMs && { flushAfterMs }),
  });
  client.onError((problem) => problems.push(problem));
}

function restart(command: Command): void {
  if (!last) throw new Error('nothing to restart: send init first');
  init({ ...last, ...command, do: 'init' });
}

function stats(of: Client): object {
  const [anonymousId, sessionId, consent] = [of.getAnonymousId(), of.getSessionId(), of.consent.get()];
  return { ...of.stats(), anonymousId, sessionId, consent, problems, stored: [...store.keys()] };
}

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
  leave: () => host?.hide(),
  offline: () => host?.connect(false),
  online: () => host?.connect(true),
  advance: (_, { ms }) => {
    const skewed = Date.now() + ms - realNow();
    Date.now = () => realNow() + skewed;
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
