export const metadata = { title: 'About' };

export default function Page() {
  return <h1>About</h1>;
}
