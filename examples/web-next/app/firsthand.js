'use client';

import { useEffect } from 'react';
import { firsthand } from '@firsthand/web';
import { mountBanner } from '@firsthand/web/banner';

/** Once, in the root layout, which stays while routes change. A second `init` does nothing, so StrictMode may run it twice. */
export function Firsthand() {
  useEffect(() => {
    firsthand.init({
      writeKey: process.env.NEXT_PUBLIC_FIRSTHAND_KEY ?? 'fh_next',
      endpoint: location.origin,
      consentMode: 'opt_in',
    });
    const banner = mountBanner(firsthand, { purposes: ['analytics'] });
    return () => banner.remove();
  }, []);
  return null;
}

export function AddToCart() {
  return (
    <button
      type="button"
      data-track="add-to-cart"
      data-track-sku="teapot"
      onClick={() => firsthand.track('Product Added', { sku: 'teapot' })}
    >
      Add to cart
    </button>
  );
}
