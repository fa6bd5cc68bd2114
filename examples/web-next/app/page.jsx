export const metadata = { title: { absolute: 'Home · Next' } };

export default function Page() {
  return <h1>Home</h1>;
}
