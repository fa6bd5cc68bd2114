// Once for the whole application: a module runs once.

import { firsthand } from '@firsthand/web';

firsthand.init({
  writeKey: import.meta.env.VITE_FIRSTHAND_KEY ?? 'fh_vue',
  endpoint: import.meta.env.VITE_FIRSTHAND_ENDPOINT ?? location.origin,
  consentMode: 'opt_in',
});

export { firsthand };
