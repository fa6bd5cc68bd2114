/**
 * One `$submit` for each form that was sent, and one with `outcome: 'abandoned'` for each that somebody began to fill
 * in and left, with the name of the last field. Names of fields are the site's words; what is in them is never read.
 */

import { all, listen } from '../browser/listen.js';
import type { Make } from '../browser/web.js';
import { hrefOf, isSecret, onEvent } from './element.js';
import { onRoute } from './route.js';
import { selectorOf, stableId } from './selector.js';

type Field = Element & { form?: HTMLFormElement | null; name?: string };

export const forms: Make = ({ hashRouting } = {}) => ({
  name: 'forms',
  install(api) {
    const begun = new Map<Element, string | undefined>();

    function say(form: Element, outcome: 'sent' | 'abandoned'): void {
      api.track('$submit', {
        outcome,
        id: stableId(form),
        // by attribute: a field called "name" or "action" would hide the form's own
        name: form.getAttribute('name') || undefined,
        action: hrefOf(form.getAttribute('action') || '', api.queryParams),
        lastField: begun.get(form),
        ...selectorOf(form),
      });
      begun.delete(form);
    }
    const abandon = api.guarded(() => {
      for (const form of [...begun.keys()]) say(form, 'abandoned');
    });
    return all([
      onEvent(api, 'input', (path) => {
        const field = path[0] as Field;
        if (field.form) begun.set(field.form, isSecret(field) ? begun.get(field.form) : field.name || stableId(field));
      }),
      onEvent(api, 'submit', ([form]) => say(form as Element, 'sent')),
      listen(window, 'pagehide', abandon, true),
      onRoute(hashRouting, abandon),
    ]);
  },
});
