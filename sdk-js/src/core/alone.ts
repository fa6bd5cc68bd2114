/** One context on one storage: whatever an earlier run has left is this one's, and nobody else takes numbers. In place of `tabs.ts`. */

import type { Shared, Tabs } from './tabs.js';

const nothing = () => {};

export const createAlone = ({ vault, root, queue }: Pick<Shared, 'vault' | 'root' | 'queue'>): Tabs => ({
  adopt: () =>
    vault.claim(root).then(() => {
      // consent may have been withdrawn while we waited
      if (vault.unlocked) queue.load(root);
    }),
  leave: nothing,
  resume: nothing,
  close: nothing,
});
