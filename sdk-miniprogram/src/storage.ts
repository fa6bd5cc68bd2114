/**
 * The Storage port over `wx.*StorageSync`. A mini-program runs in one context, so a claim only has to be
 * exclusive within it: whatever segment an earlier run has left is dead by definition.
 */

import type { Storage } from '../../sdk-js/src/core/ports.js';

export function mpStorage(): Storage {
  const claims = new Set<string>();
  return {
    get(key) {
      const value = wx.getStorageSync(key);
      return typeof value === 'string' && value ? value : null;
    },
    set(key, value) {
      try {
        wx.setStorageSync(key, value);
        return true;
      } catch {
        return false; // over the 10 MB of the platform: the queue keeps the event in memory
      }
    },
    remove: (key) => wx.removeStorageSync(key),
    keys: (prefix) => wx.getStorageInfoSync().keys.filter((key) => key.startsWith(prefix)),
    watch: () => () => {},
    async claim(name) {
      if (claims.has(name)) return null;
      claims.add(name);
      return () => claims.delete(name);
    },
  };
}
