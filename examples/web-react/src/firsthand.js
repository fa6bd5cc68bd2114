// Once for the whole application, outside of React: StrictMode runs effects twice, and a module runs once.

import { firsthand } from '@firsthand/web';

firsthand.init({
  writeKey: import.meta.env.VITE_FIRSTHAND_KEY ?? 'fh_react',
  endpoint: import.meta.env.VITE_FIRSTHAND_ENDPOINT ?? location.origin,
  consentMode: 'opt_in',
});

export { firsthand };
