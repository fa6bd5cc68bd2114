/**
 * Sessions that end at midnight or with another campaign: `init({ sessionKey: renewal(['midnight', 'campaign']) })`, or by
 * script tag `data-needs="sessions" data-new-session="midnight campaign"`. It must be there before the first page is
 * recorded, which is what names the campaign. The rule itself is in `core/renew.ts`.
 */

import { type Make, names } from '../browser/web.js';
import { type Renewal, renewal } from '../core/renew.js';

export { renewal };

export const sessions: Make = (options = {}) => {
  options.sessionKey = renewal(names(options.newSession) as Renewal[]);
  return { name: 'sessions', install: () => () => {} };
};
