/**
 * The Lifecycle port. "Online" is: connected, and in front or hidden for less than the time that WeChat lets a
 * request live after hiding (5 s: it then fails with `interrupted`, and none may start until the next show). Coming
 * to the front counts as coming online, which ends a pause after such a failure at once.
 *
 * The network is asked for only once consent allows it: its kind describes the device.
 */

import { subscribe } from '../../sdk-js/src/core/guard.js';
import type { Lifecycle, Undo } from '../../sdk-js/src/core/ports.js';
import type { Front } from './front.js';
import { listen, undoing } from './listen.js';
import type { Network } from './wx.js';

const HIDDEN_MS = 5_000;

export interface Net extends Lifecycle {
  /** Begins to ask. */
  open(): void;
  /** `wifi`, `5g`, …; null while it is not known. */
  kind(): string | null;
}

/** `offs` gets what undoes it. */
export function createNet(front: Front, now: () => number, offs: Undo[]): Net {
  const onlines = new Set<() => void>();
  let connected = true;
  let kind: string | null = null;
  let isOpen = false;

  const back = undoing(onlines);
  const changed = (status: Network & { isConnected: boolean }) => {
    connected = status.isConnected;
    kind = status.networkType;
    if (connected) back();
  };
  offs.push(front.onShow(back));

  return {
    kind: () => kind,
    open() {
      if (isOpen) return;
      isOpen = true;
      offs.push(listen('NetworkStatusChange', changed));
      wx.getNetworkType({
        success({ networkType }) {
          kind = networkType;
          connected = networkType !== 'none';
        },
      });
    },
    online() {
      const hiddenAt = front.hiddenAt();
      return connected && (!hiddenAt || now() - hiddenAt < HIDDEN_MS);
    },
    onOnline: (run) => subscribe(onlines, run),
    // hiding sends too, but one request after the other: see client.ts
    onLeave: () => () => {},
    onReturn: () => () => {},
  };
}
