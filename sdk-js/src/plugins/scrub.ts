/**
 * Takes personal data out of every event on the device, so that it never travels: `init({ beforeSend: scrub })`, or
 * `beforeSend: (message) => scrub(mine(message))`, or by script tag `data-needs="scrub"`, which records nothing before
 * this is there.
 *
 * Off by default: the collector's firewall does the same and more, and where it finds a mail address it can keep a keyed
 * pseudonym that still counts people. This is for sites that want no such value to leave the browser at all. The
 * rules are in `pii/`. What throws here drops the event, counted: privacy fails closed.
 */

import type { Make } from '../browser/web.js';
import type { Message, Page } from '../core/protocol.js';
import { scanObject, scanText } from '../pii/scan.js';

export function scrub(message: Message): Message {
  const { properties, traits, context, name, event } = message;
  const { page } = context;
  const clean = { ...message };
  if (properties) clean.properties = scanObject(properties);
  if (traits) clean.traits = scanObject(traits, true);
  if (event) clean.event = scanText(event);
  if (name) clean.name = scanText(name);
  if (page) {
    const texts = Object.entries(page).map(([key, text]) => [key, typeof text === 'string' ? scanText(text) : text]);
    clean.context = { ...context, page: Object.fromEntries(texts) as Page };
  }
  return clean;
}

export const scrubbing: Make = (options = {}) => {
  const { beforeSend } = options;
  // after the site's own hook, so that nothing it adds passes by
  options.beforeSend = (message) => {
    const theirs = beforeSend ? beforeSend(message) : message;
    return theirs && scrub(theirs);
  };
  return { name: 'scrub', install: () => () => {} };
};
