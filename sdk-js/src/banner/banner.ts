/**
 * The layers put together over the SDK's public consent verbs. The banner keeps no state of its own about the
 * choice: every change, here, in another tab or by the site's code, comes back through `onChange` and is drawn from
 * `consent.get()`. It makes no request, so it works offline, and it draws nothing before there is an SDK that could
 * respect the answer.
 *
 * A click takes the layer away and tells the SDK within the same task: what follows (storage, queue) takes a few
 * milliseconds, and the next frame already shows the answer.
 */

import type { Firsthand } from '../browser/web.js';
import type { ChoiceOptions } from '../core/api.js';
import type { Undo } from '../core/ports.js';
import { h } from './dom.js';
import { focus, focused } from './focus.js';
import { type Acts, bar, centre, handle } from './layers.js';
import { acceptAll, type Choice, custom, type Options, rejectAll, type View, viewOf } from './model.js';

/** The public verbs the banner speaks through. */
export interface Sdk {
  consent: Pick<Firsthand['consent'], 'get' | 'set' | 'withdraw' | 'onChange'>;
}

type Method = NonNullable<ChoiceOptions['method']>;
type Action = NonNullable<ChoiceOptions['action']>;

export interface Settings extends Options {
  /** False: no handle stays when there is nothing to ask. */
  handle: boolean;
}

export interface Controls {
  /** Opens the preference centre; given a purpose, at that purpose: for asking where it is needed. */
  open(purpose?: string): void;
  /** Closes the preference centre and changes nothing. */
  close(): void;
  /** Takes everything away. */
  stop: Undo;
}

/** How long the site's policy is waited for; it comes with the SDK's settings, if the site has published one. */
const POLICY_MS = 500;

/** `sdk` can answer already: `consent.get()` is not null. */
export function createBanner(root: ShadowRoot, sdk: Sdk, settings: () => Settings): Controls {
  const status = h('p', { class: 'said', role: 'status' });
  let layer: HTMLElement | null = null;
  let isOpen = false;
  let waits = true;
  let back: HTMLElement | null = null;

  const look = () => viewOf(sdk.consent.get(), settings());

  function put(next: HTMLElement | null): void {
    layer?.remove();
    layer = next;
    if (next) root.append(next);
  }

  /** What the consent state asks for. A preference centre that is open is left as the person has set it. */
  function draw(): void {
    const { policy } = sdk.consent.get();
    if (isOpen || (waits && !policy?.purposes)) return;
    const view = look();
    if (view.ask) {
      if (!layer) status.textContent = view.texts.title;
      put(bar(view, acts('banner', view)));
    } else {
      put(settings().handle ? handle(view, acts('preferences', view)) : null);
    }
  }

  /** To where the person was; if that is gone, to what has taken its place. */
  function refocus(): void {
    focus(back?.isConnected ? back : layer?.querySelector('button'));
    back = null;
  }

  function open(purpose?: string): void {
    if (isOpen) return;
    back = focused();
    const view = look();
    const dialog = centre(view, acts('preferences', view));
    put(dialog);
    isOpen = true;
    if (dialog.showModal) dialog.showModal();
    else dialog.setAttribute('open', '');
    focus(root.getElementById(`p-${purpose}`));
  }

  function close(): void {
    if (!isOpen) return;
    isOpen = false;
    draw();
    refocus();
  }

  /** `view`: what the person sees. The policy may arrive, or change, while the centre is open: the answer is to what was asked. */
  function acts(method: Method, view: View): Acts {
    const { seen } = view;
    function ends(choose: (view: View) => Choice, action: Action): void {
      isOpen = false;
      put(null);
      // withdrawing takes back also what nobody was asked about by name
      if (action === 'reject_all' && view.granted) sdk.consent.withdraw({ action: 'withdraw', method, ...seen });
      else sdk.consent.set(choose(view), { action, method, ...seen });
      // the change itself has drawn already, if it was one
      if (!layer) draw();
      refocus();
      status.textContent = view.texts.saved;
    }
    return {
      accept: () => ends(acceptAll, 'accept_all'),
      reject: () => ends(rejectAll, 'reject_all'),
      save: (isOn) => ends((view) => custom(view, isOn), 'set'),
      open: () => open(),
      close,
    };
  }

  root.append(status);
  const off = sdk.consent.onChange(draw);
  // a question that turns into another one, or into none, before one's eyes is worse than a late one
  const timer = setTimeout(() => {
    waits = false;
    draw();
  }, POLICY_MS);
  draw();
  return {
    open,
    close,
    stop() {
      clearTimeout(timer);
      off();
      put(null);
      status.remove();
    },
  };
}
