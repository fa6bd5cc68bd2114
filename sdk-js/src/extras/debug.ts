/**
 * `debug.js`: a panel on the page that lists each event with what became of it, loaded where the address holds
 * `firsthand_debug` or by `data-extras="debug"`. It shows what the SDK says about itself in debug mode, on this screen
 * and nowhere else. In a shadow root, built without markup, so that neither the page's styles nor Trusted Types mind.
 * While it is there the console also says what calls got wrong (`plugins/usage.ts`).
 */

import type { Make } from '../browser/web.js';
import type { Problem } from '../core/guard.js';
import { usage } from '../plugins/usage.js';

const MOST = 200;
/** Of one line, in characters: what somebody put into an event may be long. */
const LONGEST = 300;
const STYLE =
  'position:fixed;right:8px;bottom:8px;z-index:2147483647;width:min(460px,calc(100vw - 16px));max-height:45vh;' +
  'overflow:auto;margin:0;padding:8px;font:12px/1.5 ui-monospace,monospace;color:#e8eaed;background:#1b1d21;' +
  'border-radius:8px;white-space:pre-wrap;overflow-wrap:anywhere';

/** What the codes of `onError` mean; the script says codes only, because texts are half a kilobyte. */
export const MEANING: Record<Problem['reason'], string> = {
  invalid: 'no name, or properties that JSON cannot hold (a cycle, a BigInt, a getter that throws): not recorded',
  too_large: 'over 32 KB, or the collector said 413: dropped',
  reserved_name: 'names that begin with $ are the SDK’s own: not recorded',
  no_identity: 'neither an anonymous id nor a user id: not recorded',
  no_consent: 'its purpose is denied: dropped',
  overflow: 'too many wait: the oldest was dropped',
  before_send: 'beforeSend took it back',
  refused: 'the collector did not take the batch: dropped',
  rejected: 'the collector did not take an event',
  stopped: 'the collector knows no such write key or does not allow this page: check the key and the source’s origins',
  internal: 'a plugin, a hook or the SDK threw; the page never sees it',
};

/** One line for what was logged: verdict, what it is about, reason. */
export function line(parts: readonly unknown[]): string {
  const [verdict, subject, more] = parts as [unknown, Record<string, unknown> | string | undefined, unknown];
  if (verdict && typeof verdict === 'object') {
    const { reason, message } = verdict as Record<string, unknown>;
    return ['!', reason, message, `(${MEANING[reason as Problem['reason']]})`].filter(Boolean).join(' ');
  }
  // what was sent: its verdict, and what it was
  if (subject && typeof subject === 'object' && 'body' in subject) {
    const { event, name, type } = JSON.parse(String(subject.body));
    return `${verdict} ${event || name || type} ${subject.id}`;
  }
  if (subject && typeof subject === 'object' && 'action' in subject) return `↑ ${verdict} ${subject.action} (${more})`;
  if (subject && typeof subject === 'object') {
    return `${verdict} ${subject.event || subject.name || subject.type} ${JSON.stringify(subject.properties || subject.traits || {})}`;
  }
  return [verdict, subject, more].filter(Boolean).join(' ');
}

const debug: Make = (options, web) => ({
  name: 'debug',
  install(api) {
    const { guarded } = api;
    const unwatch = usage(options, web).install(api);
    const host = document.createElement('firsthand-debug');
    host.setAttribute('data-firsthand-ignore', '');
    const panel = document.createElement('pre');
    panel.setAttribute('role', 'log');
    panel.setAttribute('aria-label', 'Firsthand');
    // by property, not by attribute: a policy without 'unsafe-inline' forbids style attributes
    panel.style.cssText = STYLE;
    host.attachShadow({ mode: 'open' }).append(panel);
    document.body.append(host);
    const heard = guarded((event: Event) => {
      panel.append(
        `${new Date().toISOString().slice(11, 23)} ${line((event as CustomEvent).detail).slice(0, LONGEST)}\n`,
      );
      while (panel.childNodes.length > MOST) panel.firstChild?.remove();
      panel.scrollTop = panel.scrollHeight;
    });
    window.addEventListener('firsthand', heard);
    return () => {
      unwatch();
      window.removeEventListener('firsthand', heard);
      host.remove();
    };
  },
});
export default debug;
