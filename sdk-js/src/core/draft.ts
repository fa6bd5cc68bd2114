/**
 * What is to be sent should a page die before it says more: kept beside the queue where a sent event would be, under an id of
 * its own, and found by whoever adopts a dead tab's events. A later one takes the place and the id of the one before. It
 * takes no number: nobody knows where in the session's order it will belong.
 */

import type { Captured } from './client.js';
import type { Gate } from './gate.js';
import { ANALYTICS, type Call, type Page } from './protocol.js';
import type { Queue } from './queue.js';

export interface Drafting {
  gate: Pick<Gate<never>, 'decide'>;
  queue: Queue;
  newId(): string;
  see(call: Call, page?: Page): Captured;
  /** The encoded message; undefined, counted, where there is none. */
  write(seen: Captured, id: string): string | undefined;
}

/** One a client. A call without properties takes it back. */
export function createDraft({ gate, queue, newId, see, write }: Drafting): (call: Call, page?: Page) => void {
  let id = '';
  return (call, page) => {
    const { purpose = ANALYTICS } = call;
    id ||= newId();
    const keeps = call.properties && gate.decide(purpose) === 'allow';
    queue.draft(id, purpose, keeps ? write(see(call, page), id) : undefined);
    if (!keeps) id = '';
  };
}
