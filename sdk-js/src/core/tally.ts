/**
 * Nothing is dropped uncounted. At any moment
 *
 *     captured + adopted = sent + pending + held + handedOver + Σ dropped[reason]
 *
 * (`adopted`: taken over from a dead tab; `handedOver`: the reverse, seen after a page came back to life.)
 * What this client lost, as opposed to what consent forbade or the collector refused, is told to the
 * collector as a `$lost` event with the next batch that gets through, and survives the page until then.
 */

import type { Storage } from './ports.js';

export type Counts = Record<string, number>;

export interface Tally {
  captured: number;
  adopted: number;
  handedOver: number;
  sent: number;
  dropped: Counts;
  drop(reason: string, count?: number): void;
  /** The same, and worth telling the collector. */
  lose(reason: string, count?: number): void;
  /** From now on in storage too. */
  open(): void;
  close(): void;
  /** What was lost since it was last asked; empties it. Null when nothing was. */
  takeLost(): Counts | null;
}

export function createTally(storage: Storage, key: string): Tally {
  let lost: Counts = {};
  let isOpen = false;

  const add = (counts: Counts, reason: string, count: number) => {
    counts[reason] = (counts[reason] ?? 0) + count;
  };
  const keep = () => {
    if (isOpen) storage.set(key, JSON.stringify(lost));
  };

  return {
    captured: 0,
    adopted: 0,
    handedOver: 0,
    sent: 0,
    dropped: {},
    drop(reason, count = 1) {
      add(this.dropped, reason, count);
    },
    lose(reason, count = 1) {
      this.drop(reason, count);
      add(lost, reason, count);
      keep();
    },
    open() {
      isOpen = true;
      for (const [reason, count] of Object.entries(parse(storage.get(key)))) add(lost, reason, count);
    },
    close() {
      isOpen = false;
      lost = {};
      storage.remove(key);
    },
    takeLost() {
      if (!Object.keys(lost).length) return null;
      const taken = lost;
      lost = {};
      if (isOpen) storage.remove(key);
      return taken;
    },
  };
}

function parse(text: string | null): Counts {
  try {
    const counts = JSON.parse(text ?? '{}') as Counts;
    return Object.fromEntries(Object.entries(counts).filter(([, count]) => Number.isSafeInteger(count)));
  } catch {
    return {}; // damaged by somebody else; a wrong count would be worse than none
  }
}
