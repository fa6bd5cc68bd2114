/**
 * IAB Global Privacy Platform, by `__gpp` (IAB Tech Lab, "CMP API Specification" 1.1). Two kinds of sections are
 * read, and only where the platform calls one of the kind applicable:
 *
 * - `tcfeuv2`: consents to TCF's purposes, as `tcf:<number>`.
 * - the US sections (`usnat`, `usca`, …), all that are there: opt-outs, as `us:<field>`. 1 is "opted out", which denies; 2 is "did not
 *   opt out", which is no consent: it only takes back an opt-out that was heard on this page. Any other no, of an earlier
 *   page or of another place, stands. A value that the specification does not know counts as opted out, and so does `Gpc`.
 *   Where one applies and none is there a yes is taken back.
 */

import type { Undo } from '../core/ports.js';
import { type AdapterOptions, type Answers, answersOf, connect, type Mapping } from './bridge.js';

type Section = Record<string, unknown>;

export interface Ping {
  cmpStatus?: string;
  signalStatus?: string;
  applicableSections?: number[];
  /** A section is an object, or a list of the objects of its segments. */
  parsedSections?: Record<string, Section | Section[]>;
}

interface GppEvent {
  listenerId: number;
  pingData?: Ping;
}

type GppApi = (command: string, run: (event: GppEvent, success: boolean) => void, parameter?: unknown) => void;

export const GPP_KEYS = {
  analytics: ['tcf:1', 'tcf:8', 'tcf:9'],
  personalization: ['tcf:1', 'tcf:5', 'tcf:6'],
  marketing: [
    ...['tcf:1', 'tcf:2', 'tcf:3', 'tcf:4', 'tcf:7'],
    ...['us:SaleOptOut', 'us:SharingOptOut', 'us:TargetedAdvertisingOptOut'],
  ],
  third_party: ['us:SaleOptOut', 'us:SharingOptOut'],
} satisfies Mapping;

/** Ids of sections (IAB Tech Lab, GPP): the EU's TCF; 7 is the national one of the US, then one a state. */
const EU = 2;
const FIRST_OF_US = 7;
const NOT_APPLICABLE = 0;
const DID_NOT_OPT_OUT = 2;

const api = () => (globalThis as { __gpp?: GppApi }).__gpp;

export function gpp({ sdk, map = GPP_KEYS }: AdapterOptions = {}): Undo {
  let latest: Ping | null = null;
  const before: Answers = {};
  return connect(sdk, {
    words: 'gpp',
    map,
    find: api,
    subscribe(_, changed) {
      let id: number | undefined;
      let ended = false;
      // looked up at each call: the page's stub gives way to the platform
      const remove = () => api()?.('removeEventListener', () => {}, id);
      api()?.('addEventListener', (event, success) => {
        id = event?.listenerId;
        // the stub may register us long after the undo
        if (ended) return remove();
        const pingData: Ping = (success && event?.pingData) || { cmpStatus: 'error' };
        if (pingData.signalStatus !== 'ready' && pingData.cmpStatus !== 'error') return;
        latest = pingData;
        changed();
      });
      return () => {
        ended = true;
        if (id !== undefined) remove();
      };
    },
    answers() {
      if (!latest) return null;
      if (latest.cmpStatus === 'error') throw latest;
      const said = answersOfPing(latest, map, before);
      Object.assign(before, said);
      return said;
    },
  });
}

/** Pure. `before`: what was heard on this page so far. */
export function answersOfPing(ping: Ping, map: Mapping, before: Answers): Answers {
  const { applicableSections = [], parsedSections = {} } = ping;
  const answers: Answers = {};
  if (applicableSections.includes(EU)) {
    const consents = whole(parsedSections.tcfeuv2).PurposeConsents as unknown[] | undefined;
    Object.assign(
      answers,
      answersOf(keysOf(map, 'tcf:'), (key) => consents?.[Number(key) - 1] === true),
    );
  }
  if (!applicableSections.some((id) => id >= FIRST_OF_US)) return answers;
  const states = Object.keys(parsedSections)
    .filter((name) => /^us[a-z]+$/.test(name))
    .map((name) => whole(parsedSections[name]));
  for (const [purpose, fields] of Object.entries(keysOf(map, 'us:'))) {
    const said = states
      .flatMap((state) => fields.map((field) => state[field]))
      .filter((value) => value !== undefined && value !== NOT_APPLICABLE);
    const isOut = states.some(({ Gpc }) => Gpc);
    if (isOut || said.some((value) => value !== DID_NOT_OPT_OUT)) answers[purpose] = false;
    else if (!states.length) answers[purpose] = undefined;
    else if (said.length && before[purpose] === false && !(purpose in answers)) answers[purpose] = true;
  }
  return answers;
}

/** The mapping's keys of one kind, without their prefix; purposes that have none are left out. */
function keysOf(map: Mapping, prefix: string): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const [purpose, keys] of Object.entries(map)) {
    const own = [keys].flat().filter((key) => key.startsWith(prefix));
    if (own.length) found[purpose] = own.map((key) => key.slice(prefix.length));
  }
  return found;
}

const whole = (section: Section | Section[] = {}): Section => Object.assign({}, ...[section].flat());
