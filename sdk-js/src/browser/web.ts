/**
 * The web SDK as an object: a client over the browser's ports, and a queue of calls before `init`.
 * `createWeb(plugins)` is what the entries share; they differ in the plugins that are on by default.
 */

import type { Client, ClientOptions } from '../core/api.js';
import { createClient } from '../core/client.js';
import { createDraft } from '../core/draft.js';
import { parse } from '../core/json.js';
import type { Plugin } from '../core/plugin.js';
import type { Storage } from '../core/ports.js';
import type { Facts } from '../core/protocol.js';
import { createTabs } from '../core/tabs.js';
import { pageAt, webFacts, webGpc } from './context.js';
import { type Encode, webHttp } from './http.js';
import { webLifecycle } from './lifecycle.js';
import { after, soon } from './listen.js';
import { LEFT, type Waiting } from './snippet.js';
import { webStorage } from './storage.js';
import { VERSION } from './version.js';

export interface InitOptions extends Omit<ClientOptions, 'library' | 'log' | 'queryParams'> {
  /** Query parameters that may stay in recorded addresses, beside `utm_*`; a list, or names with commas between. */
  queryParams?: readonly string[] | string | undefined;
  /** Names of the autotrack plugins to use of those that are on by default; `none` for none. */
  autotrack?: readonly string[] | string | undefined;
  /** Routes are in the fragment of the address: `#/cart`. */
  hashRouting?: boolean | undefined;
  /** `false`: the text of clicked buttons and links is left out. */
  clickText?: boolean | undefined;
  /** Added to the context of every event, over what the browser says: `{ app: { name: 'shop' } }`. */
  context?: Facts | undefined;
  /** What makes a batch smaller on its way: `gzip` of `plugins/compress`. */
  encode?: Encode | undefined;
  /** Other hosts of the same owner, whose pages go on with this visit's id: `shop.example`, with its subdomains. */
  linkDomains?: readonly string[] | string | undefined;
  /** What begins a new session beside 30 idle minutes: `midnight`, `campaign`. For the part `sessions`. */
  newSession?: string | undefined;
  /** Parts that are loaded when asked for, from files of their own: `errors`, `vitals`, `debug` … Script tag only. */
  extras?: string | undefined;
  /** The same, but nothing is recorded before they are there, and nothing at all if one does not come. */
  needs?: string | undefined;
  /** The folder of those files, without a slash at the end; `<endpoint>/sdk/<version>`. */
  assets?: string | undefined;
  /** `false`: neither settings nor policy are fetched and no receipts are posted; the page's own word holds. */
  remote?: boolean | undefined;
  /** Instead of the autotrack plugins that are on by default. */
  plugins?: readonly Plugin[] | undefined;
}

export interface Firsthand extends Omit<Client, 'replay' | 'missed'> {
  readonly version: string;
  /** Starts tracking. A second call joins the first and changes nothing. */
  init(options: InitOptions): void;
}

/** Makes a plugin; those that are on by default are handed the options of `init`. */
export type Make = (options?: Partial<InitOptions>, web?: Firsthand) => Plugin;
type Verbs = Record<string, (...args: unknown[]) => unknown>;

/** Calls that wait for an `init`, which may never come, or fail; as many as events wait for a choice. */
const MOST = 1_000;

export const names = (list: unknown) =>
  String(list || '')
    .toLowerCase()
    .split(/[\s,]+/);

/** `remote`: what asks the collector for settings and policy; none in the smallest script. */
export function createWeb(
  defaults: readonly Make[],
  remote?: () => Plugin,
): Firsthand & { adopt(calls: Waiting[]): void } {
  const queryParams: string[] = [];
  let client: Client | null = null;
  let waiting: Waiting[] = [];
  let missed = 0;

  /** Never throws into the page, whatever that did to the language. */
  function init(options: InitOptions): void {
    try {
      begin(options);
    } catch (error) {
      if (options.strict) throw error;
      console.warn(error);
    }
  }

  function begin(options: InitOptions): void {
    if (client) return;
    const { writeKey, endpoint, autotrack } = options || {};
    if (!writeKey || !endpoint) return console.warn('firsthand: writeKey, endpoint?');
    if ((document as Document & { prerendering?: boolean }).prerendering) {
      // nobody sees it yet, and perhaps nobody will: until then nothing is asked, read or recorded
      return document.addEventListener('prerenderingchange', () => {
        // what was called meanwhile happens as the page is shown
        for (const call of waiting) call[2] = Date.now();
        init(options);
      });
    }
    // a page that has replaced it hears of it here, and not of a rejection each time it is used
    Promise.resolve().then();
    queryParams.push(...names(options.queryParams));
    const id = `fh.${writeKey}.id`;
    const storage = webStorage(id);
    client = createClient(
      {
        storage,
        // tabs that keep no id in common (sandboxed, cookieless, full) know nothing of each other
        http: webHttp(options, async () =>
          storage.keys(id).length ? await storage.claim(`fh.${writeKey}.q.turn`) : () => {},
        ),
        clock: { now: Date.now, after, soon },
        random: { next: Math.random, bytes: (count) => crypto.getRandomValues(new Uint8Array(count)) },
        lifecycle: webLifecycle,
        facts: webFacts(queryParams, options.hashRouting, options),
        gpc: webGpc,
        publish(mayStore) {
          if (mayStore) adopt(takeLeft(storage));
          else storage.remove(LEFT);
        },
        tabs: createTabs,
        draft: createDraft,
      },
      {
        ...options,
        queryParams,
        library: { name: '@firsthand/web', version: VERSION },
        log(...parts) {
          console.debug('firsthand', ...parts);
          dispatchEvent(new CustomEvent('firsthand', { detail: parts }));
        },
      },
    );
    Object.assign(web, client);
    if (remote && options.remote !== false) client.use(remote());
    for (const plugin of options.plugins || defaults.map((make) => make(options)))
      if (!autotrack || names(autotrack).includes(plugin.name)) client.use(plugin);
    adopt([]);
  }

  /** Replays calls in order, once there is a client. An `init` among them makes one, wherever it stands. */
  function adopt(calls: Waiting[]): void {
    waiting = [...calls, ...waiting];
    for (const [verb, args] of waiting) if (verb === 'init') init(args[0] as InitOptions);
    if (!client) return;
    if (missed) client.missed(missed);
    missed = 0;
    // emptied first: a call that is replayed may make another
    for (const [verb, args, at, href = location.href] of waiting.splice(0)) {
      const page = href === location.href ? undefined : { ...pageAt(href, '', queryParams), title: undefined };
      const name = verb.replace('consent.', '');
      const owner = (name === verb ? client : client.consent) as never as Verbs;
      if (verb !== 'init') client.replay(at, () => owner[name]?.apply(owner, args as unknown[]), page);
    }
  }

  const nothing = () => null;
  /**
   * Before there is a client any verb is kept for it, as the stub in the page does; what asks for something gets nothing.
   * When too many wait the newest go, but never what is about consent (`consent.*`, `optOut`): a no must be heard.
   */
  const verbs = (owner: string): object =>
    new Proxy(
      {},
      {
        get: (_, verb) =>
          client || verb === 'then' || typeof verb !== 'string'
            ? undefined
            : /^get|stats|close/.test(verb)
              ? nothing
              : (...args: unknown[]) => {
                  if (owner || verb[0] === 'o' || !waiting[MOST - 1]) waiting.push([owner + verb, args, Date.now()]);
                  else missed++;
                  adopt([]);
                  return nothing;
                },
      },
    );
  const web = {
    __proto__: verbs(''),
    version: VERSION,
    init,
    adopt,
    consent: verbs('consent.'),
    flush: async () => ({ sent: 0, pending: waiting.length, dropped: 0 }),
  };
  return web as never;
}

/** Calls of pages that were left before the script had arrived, less those about the page itself; makes the mark for the next. */
function takeLeft(storage: Storage): Waiting[] {
  const text = storage.get(LEFT);
  if (text !== '[]') storage.set(LEFT, '[]');
  const calls: Waiting[] = parse(text) || [];
  return calls.filter(([verb]) => !/^(init|use|debug)$|\bon/.test(verb));
}
