/** `App Update` when a new version of the mini-program was found, is ready or failed to load. Not on by default. */

import type { Plugin } from '../../../sdk-js/src/core/plugin.js';

export const updates = () => (): Plugin => ({
  name: 'updates',
  install({ track, guarded }) {
    let active = true;
    const manager = wx.getUpdateManager && wx.getUpdateManager();
    const record = guarded((state: string) => {
      if (active) track('App Update', { state });
    });
    if (manager) {
      manager.onCheckForUpdate(({ hasUpdate }) => hasUpdate && record('found'));
      manager.onUpdateReady(() => record('ready'));
      manager.onUpdateFailed(() => record('failed'));
    }
    // the manager takes no listener back
    return () => {
      active = false;
    };
  },
});
