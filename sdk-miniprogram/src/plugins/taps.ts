/**
 * `$click`, `$change` and `$submit` when a handler of the app gets a tap, a change or a submit. An element without a
 * handler cannot be seen: a mini-program has no document to listen on.
 *
 * One gesture is one event. The same event object in several handlers, a handler that calls another one, and the
 * copies of one tap that bubble through nested elements (WeChat sends each handler an object of its own, equal in
 * time, target and position) are counted once, at the innermost element. Two taps are never taken for one
 * because they came close together.
 *
 * Recorded before the handler runs, so that a handler that throws or leaves the page has been recorded on it.
 * What is read: kind, handler, id, position and `data-track*`. Never a text, never a value; nothing on an
 * element with `data-firsthand-ignore`.
 */

import type { Plugin } from '../../../sdk-js/src/core/plugin.js';
import type { Properties } from '../../../sdk-js/src/core/protocol.js';
import type { Invocation } from '../hooks.js';
import type { Host } from '../host.js';
import type { Happened, WxmlNode } from '../wx.js';

const EVENTS: Record<string, string> = {
  tap: '$click',
  longpress: '$click',
  longtap: '$click',
  change: '$change',
  confirm: '$submit',
  submit: '$submit',
};
const MAX_TEXT = 200;

type Dataset = Record<string, unknown>;

export const taps = (host: Host): Plugin => ({
  name: 'taps',
  install({ track, guarded }) {
    const seen = new WeakSet<object>();
    /** Calls that were given an event; what they call belongs to the same gesture. */
    const given = new WeakSet<Invocation>();
    let last: unknown;

    const watch = guarded((call: Invocation) => {
      const event = eventOf(call.args);
      if (!event) return;
      given.add(call);
      if (seen.has(event)) return;
      seen.add(event);
      for (let outer = call.outer; outer; outer = outer.outer) if (given.has(outer)) return;
      const gesture = identityOf(event);
      if (gesture && gesture === last) return;
      last = gesture;
      const { currentTarget, target, type } = event;
      const { nodeOf = (node: WxmlNode) => node } = host;
      // Taro keeps every data-* to itself, "ignore" too: whoever cannot be asked is left alone
      if (!host.nodeOf && call.name === 'eh' && currentTarget.dataset && currentTarget.dataset.sid) {
        return host.hint('Taro needs frameworks({ taro: document })');
      }
      const nodes = [currentTarget, target || currentTarget].map(nodeOf);
      if (nodes.some(({ dataset }) => dataset && 'firsthandIgnore' in dataset)) return;
      track(EVENTS[type] as string, describe(call, { ...event, currentTarget: nodes[0] as WxmlNode }, host));
    });
    return host.hooks().watch((call) => watch(call));
  },
});

/** The event among a handler's arguments: first as WeChat gives it, or last as frameworks do. */
function eventOf(args: ArrayLike<unknown>): Happened | null {
  const isEvent = (is: Partial<Happened> | null) =>
    is && typeof is === 'object' && Object.keys(EVENTS).includes(is.type as string) && is.currentTarget;
  return ([args[0], args[args.length - 1]] as (Happened | null)[]).find(isEvent) || null;
}

/** Equal for the copies of one gesture; nothing if the event says too little to tell. */
function identityOf({ type, timeStamp, target, detail }: Happened): unknown {
  const { x, y } = detail || {};
  return (
    timeStamp &&
    target &&
    JSON.stringify([type, timeStamp, target.id, target.offsetLeft, target.offsetTop, x, y, target.dataset])
  );
}

function describe(
  { name, self, kind }: Invocation,
  { type, currentTarget, detail }: Happened,
  { nameOf }: Host,
): Properties {
  const { id, dataset = {} } = currentTarget;
  const { x, y } = detail || {};
  const isAt = typeof x === 'number' && typeof y === 'number';
  const component = kind !== 'Page' && (self as { is?: unknown } | undefined);
  return {
    type,
    handler: nameOf ? nameOf(name, type, dataset) : name,
    id: id || undefined,
    name: text(dataset.track),
    component: component ? text(component.is) : undefined,
    ...(isAt && { x: Math.round(x), y: Math.round(y) }),
    ...declared(dataset),
  };
}

/** `data-track-plan="pro"` says `{ plan: 'pro' }`: what the app itself declares. */
export function declared(dataset: Dataset): Properties {
  const properties: Properties = {};
  for (const key of Object.keys(dataset)) {
    const value = dataset[key];
    if (/^track[A-Z]/.test(key) && /^(string|number|boolean)$/.test(typeof value)) {
      properties[(key[5] as string).toLowerCase() + key.slice(6)] = text(value) || value;
    }
  }
  return properties;
}

export function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value.slice(0, MAX_TEXT) || undefined : undefined;
}
