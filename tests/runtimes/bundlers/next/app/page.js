export default function Page() {
  return <p>gated with Next.js</p>;
}
