/**
 * `debug.js`: a panel on the page that lists each event with what became of it, loaded where the address holds
 * `firsthand_debug` or by `data-extras="debug"`. It shows what the SDK says about itself in debug mode, on this screen
 * and nowhere else. In a shadow root, built without markup, so that neither the page's styles nor Trusted Types mind.
 */

import type { Make } from '../browser/web.js';

const MOST = 200;
const STYLE =
  'position:fixed;right:8px;bottom:8px;z-index:2147483647;width:min(460px,calc(100vw - 16px));max-height:45vh;' +
  'overflow:auto;margin:0;padding:8px;font:12px/1.5 ui-monospace,monospace;color:#e8eaed;background:#1b1d21;' +
  'border-radius:8px;white-space:pre-wrap;overflow-wrap:anywhere';

/** One line for what was logged: verdict, what it is about, reason. */
export function line(parts: readonly unknown[]): string {
  const [verdict, subject, more] = parts as [unknown, Record<string, unknown> | string | undefined, unknown];
  if (verdict && typeof verdict === 'object') {
    const { reason, message } = verdict as Record<string, unknown>;
    return `! ${reason}: ${message}`;
  }
  if (subject && typeof subject === 'object' && 'action' in subject) return `↑ ${verdict} ${subject.action} (${more})`;
  if (subject && typeof subject === 'object') {
    return `${verdict} ${subject.event || subject.name || subject.type} ${JSON.stringify(subject.properties || subject.traits || {})}`;
  }
  return [verdict, subject, more].filter(Boolean).join(' ');
}

const debug: Make = () => ({
  name: 'debug',
  install({ guarded }) {
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
      panel.append(`${new Date().toISOString().slice(11, 23)} ${line((event as CustomEvent).detail)}\n`);
      while (panel.childNodes.length > MOST) panel.firstChild?.remove();
      panel.scrollTop = panel.scrollHeight;
    });
    window.addEventListener('firsthand', heard);
    return () => {
      window.removeEventListener('firsthand', heard);
      host.remove();
    };
  },
});
export default debug;
