/**
 * The device's storage behind one door, shut until consent opens it. While it is shut, nothing can be read
 * or written through it and nobody can hold a claim; only erasing works. Everything but the choice itself
 * is kept through here, so "nothing is stored before consent" is a property of this file alone.
 */

import type { Storage } from './ports.js';

export interface Vault extends Storage {
  unlocked: boolean;
}

export function createVault(storage: Storage): Vault {
  const vault: Vault = {
    ...storage,
    unlocked: false,
    get: (key) => (vault.unlocked ? storage.get(key) : null),
    set: (key, value) => vault.unlocked && storage.set(key, value),
    claim: (name) => (vault.unlocked ? storage.claim(name) : Promise.resolve(null)),
  };
  return vault;
}
