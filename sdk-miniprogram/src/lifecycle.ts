/**
 * The Lifecycle port. A hidden mini-program may be ended without another word, so hiding counts as leaving;
 * requests under way get a few more seconds from the platform.
 */

import type { Lifecycle } from '../../sdk-js/src/core/ports.js';

export function mpLifecycle(): Lifecycle & { network(): string | null } {
  let connected = true;
  let network: string | null = null;
  const heard = (status: { isConnected: boolean; networkType: string }) => {
    connected = status.isConnected;
    network = status.networkType;
  };
  wx.onNetworkStatusChange(heard);
  wx.getNetworkType({
    success({ networkType }) {
      heard({ isConnected: networkType !== 'none', networkType });
    },
  });
  return {
    network: () => network,
    online: () => connected,
    onOnline(run) {
      const changed = ({ isConnected }: { isConnected: boolean }) => isConnected && run();
      wx.onNetworkStatusChange(changed);
      return () => wx.offNetworkStatusChange(changed);
    },
    onLeave(run) {
      const hidden = () => run(false);
      wx.onAppHide(hidden);
      return () => wx.offAppHide(hidden);
    },
    onReturn(run) {
      wx.onAppShow(run);
      return () => wx.offAppShow(run);
    },
  };
}
