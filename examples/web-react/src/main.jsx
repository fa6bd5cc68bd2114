import { StrictMode, useEffect } from 'react';
import { createRoot } from 'react-dom/client';
import { BrowserRouter, Link, Route, Routes } from 'react-router';
import { mountBanner } from '@firsthand/web/banner';
import { firsthand } from './firsthand.js';

// Page views need no code: the SDK sees each change of the address once, and reads the title after the route has
// rendered. Clicks on the link and the button are seen as well; `data-track` gives one a name that lasts.
function Page({ name }) {
  return (
    <>
      <title>{`${name} · React`}</title>
      <h1>{name}</h1>
      <button
        type="button"
        data-track="add-to-cart"
        data-track-sku="teapot"
        onClick={() => firsthand.track('Product Added', { sku: 'teapot' })}
      >
        Add to cart
      </button>
    </>
  );
}

function App() {
  useEffect(() => {
    const banner = mountBanner(firsthand, { purposes: ['analytics'] });
    return () => banner.remove();
  }, []);
  return (
    <BrowserRouter basename={import.meta.env.BASE_URL}>
      <nav>
        <Link to="/">Home</Link> <Link to="/cups">Cups</Link> <Link to="/about">About</Link>
      </nav>
      <Routes>
        <Route path="/" element={<Page name="Home" />} />
        <Route path="/cups" element={<Page name="Cups" />} />
        <Route path="/about" element={<Page name="About" />} />
      </Routes>
    </BrowserRouter>
  );
}

createRoot(document.getElementById('root')).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
