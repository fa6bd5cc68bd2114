export const metadata = { title: 'Cups' };

export default function Page() {
  return <h1>Cups</h1>;
}
