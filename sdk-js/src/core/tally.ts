/**
 * Nothing is dropped uncounted. At any moment
 *
 *     captured + adopted = sent + pending + held + handedOver + Σ dropped[reason]
 *
 * (`adopted`: taken over from a dead tab; `handedOver`: the reverse, seen after a page came back to life.)
 * What this client lost, as opposed to what consent forbade or the collector refused, is told to the
 * collector as a `$lost` event with the next batch that gets through, and survives the page until then.
 */

import { parse } from './json.js';
import type { Storage } from './ports.js';

export type Counts = Record<string, number>;

export interface Tally {
  counts: { captured: number; adopted: number; handedOver: number; sent: number };
  droppedBy: Counts;
  drop(reason: string, count?: number): void;
  /** The same, and worth telling the collector. */
  lose(reason: string, count?: number): void;
  /** Storage may be used from now on: adds what an earlier page lost. */
  open(): void;
  /** What was lost since it was last asked; empties it. */
  takeLost(): Counts;
}

export function createTally(storage: Storage, key: string): Tally {
  const droppedBy: Counts = {};
  let lost: Counts = {};

  const add = (counts: Counts, reason: string, count = 1) => {
    // a damaged count adds nothing: not a number is not more than zero
    if (count > 0) counts[reason] = (counts[reason] || 0) + count;
  };
  const drop: Tally['drop'] = (reason, count) => add(droppedBy, reason, count);
  return {
    counts: { captured: 0, adopted: 0, handedOver: 0, sent: 0 },
    droppedBy,
    drop,
    lose(reason, count) {
      drop(reason, count);
      add(lost, reason, count);
      storage.set(key, JSON.stringify(lost));
    },
    open() {
      for (const [reason, count] of Object.entries(parse(storage.get(key)) || {})) add(lost, reason, Number(count));
    },
    takeLost() {
      const taken = lost;
      lost = {};
      storage.remove(key);
      return taken;
    },
  };
}

export const sum = (counts: Counts | readonly number[]): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);
