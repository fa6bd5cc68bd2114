import Link from 'next/link';
import { AddToCart, Firsthand } from './firsthand.js';

export const metadata = { title: { template: '%s · Next', default: 'Next' }, icons: 'data:,' };

export default function Layout({ children }) {
  return (
    <html lang="en">
      <body>
        <nav>
          <Link href="/">Home</Link> <Link href="/cups">Cups</Link> <Link href="/about">About</Link>
        </nav>
        {children}
        <AddToCart />
        <Firsthand />
      </body>
    </html>
  );
}
