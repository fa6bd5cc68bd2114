/**
 * Focus that stays where it is useful. `trap` is the modal dialog pattern of the ARIA Authoring Practices: Tab
 * goes round inside. A native modal dialog makes the page inert but lets Tab wander into the browser's own bars,
 * and old browsers have no modal dialogs at all; the trap holds in both.
 */

export function trap(dialog: HTMLElement, event: KeyboardEvent): void {
  const all = [...dialog.querySelectorAll<HTMLElement>('a,button,input:enabled')];
  const [to, edge] = event.shiftKey ? [all.pop(), all[0]] : [all[0], all.pop()];
  if (event.key !== 'Tab' || (dialog.getRootNode() as ShadowRoot).activeElement !== edge) return;
  event.preventDefault();
  focus(to);
}

/** The focused element as deep as it lies, through open shadow roots. */
export function focused(): HTMLElement | null {
  let active = document.activeElement;
  while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
  return active as HTMLElement | null;
}

export const focus = (element: HTMLElement | null | undefined) => element?.focus({ preventScroll: true });
