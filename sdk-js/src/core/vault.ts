/**
 * The device's storage behind one door, shut until consent opens it. While it is shut, nothing can be read
 * or written through it and nobody can hold a claim; only erasing works. Everything but the choice itself
 * is kept through here, so "nothing is stored before consent" is a property of this file alone.
 */

import type { Storage } from './ports.js';

export interface Vault extends Storage {
  setOpen(open: boolean): void;
  isOpen(): boolean;
}

export function createVault(storage: Storage): Vault {
  let isOpen = false;
  return {
    ...storage,
    get: (key) => (isOpen ? storage.get(key) : null),
    set: (key, value) => isOpen && storage.set(key, value),
    claim: async (name) => (isOpen ? storage.claim(name) : null),
    isOpen: () => isOpen,
    setOpen(open) {
      isOpen = open;
    },
  };
}
