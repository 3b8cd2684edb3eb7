// npm run size: what gated weighs in a consumer's bundle, against the budgets. kB are 1000 bytes.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const { exports: subpaths } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
const CORE = '{ LSTM, Linear, tensor }';

/** The most that names of gated/onnx may add to `CORE`, their own wasm included. */
const ADDS = { load: 35, toOnnx: 9 };

/** What consumers write, and the most it may weigh. A subpath that package.json does not export is left out. */
const BUNDLES = [
  { name: 'everything', code: "export * from 'gated'", budget: 60 },
  { name: CORE, code: `export ${CORE} from 'gated'`, budget: 40 },
  { name: '{ RNN }', code: "export { RNN } from 'gated'" },
  { name: '{ GRU }', code: "export { GRU } from 'gated'" },
  { name: '{ LSTM }', code: "export { LSTM } from 'gated'" },
  { name: '{ LSTMCell }', code: "export { LSTMCell } from 'gated'" },
  { name: 'GRU streaming', code: "export { GRU, Linear, Sequential, Sigmoid } from 'gated'" },
  { name: 'text model', code: "export { Embedding, GRU, Linear, Sequential } from 'gated'" },
  { name: 'training', code: "export { LSTM, Linear, Adam, crossEntropy, scope, tensor } from 'gated'" },
  { name: 'training with fit', code: "export { LSTM, Linear, Adam, crossEntropy, fit } from 'gated'" },
  ...['safetensors', 'torch', 'keras', 'onnx', 'parallel', 'quantize'].map((name) => ({
    name: `${CORE} + gated/${name}`,
    subpath: `./${name}`,
    code: `export ${CORE} from 'gated'; export * as format from 'gated/${name}'`,
  })),
  ...Object.entries(ADDS).map(([name, adds]) => ({
    name: `${CORE} + ${name} of gated/onnx`,
    code: `export ${CORE} from 'gated'; export { ${name} } from 'gated/onnx'`,
    adds,
  })),
  { name: 'gated/core, everything', subpath: './core', code: "export * from 'gated/core'" },
  {
    name: `gated/core, ${CORE}`,
    subpath: './core',
    code: `export { useWasm, LSTM, Linear, tensor } from 'gated/core'`,
  },
  { name: 'gated/data', subpath: './data', code: "export * from 'gated/data'" },
  {
    name: 'everything + gated/decoding',
    subpath: './decoding',
    code: "export * from 'gated'; export * from 'gated/decoding'",
  },
  {
    name: 'everything + gated/serving',
    subpath: './serving',
    code: "export * from 'gated'; export * from 'gated/serving'",
  },
  { name: 'gated/reference', subpath: './reference', code: "export * from 'gated/reference'" },
  { name: 'the wasm alone', code: "export * from '#wasm'" },
].filter(({ subpath }) => subpath === undefined || subpath in subpaths);

/** The minified bundle of `code`, which names gated as a consumer does (the package's self-reference: what is in dist/). */
export async function bundle(code) {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: root },
    bundle: true,
    minify: true,
    format: 'esm',
    conditions: ['browser'],
    legalComments: 'none',
    write: false,
    logLevel: 'error',
  });
  return outputFiles[0].text;
}

/** [{ name, raw, gzip, budget }], sizes in bytes, the budget too or undefined. */
export async function measure(bundles = BUNDLES) {
  const sizes = [];
  for (const { name, code, budget, adds } of bundles) {
    const text = await bundle(code);
    const gzip = gzipSync(text, { level: 9 }).length;
    const most = adds ? sizes.find((size) => size.name === CORE).gzip + adds * 1000 : budget && budget * 1000;
    sizes.push({ name, raw: Buffer.byteLength(text), gzip, budget: most });
  }
  return sizes;
}

/** The bundles that have a budget, measured. */
export const measureBudgets = () => measure(BUNDLES.filter(({ budget, adds }) => budget ?? adds));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const sizes = await measure();
  const kB = (bytes) => (bytes === undefined ? '' : (bytes / 1000).toFixed(1)).padStart(8);
  const width = Math.max(...sizes.map(({ name }) => name.length));
  console.log(`${'kB'.padEnd(width)}       raw    gzip  budget`);
  for (const { name, raw, gzip, budget } of sizes)
    console.log(`${name.padEnd(width)}  ${kB(raw)}${kB(gzip)}${kB(budget)}`);
  const over = sizes.filter(({ gzip, budget }) => gzip > budget);
  for (const { name, gzip, budget } of over) {
    console.error(`size: ${name} is ${gzip} bytes, ${gzip - budget} over its budget of ${budget}`);
  }
  process.exitCode = over.length > 0 ? 1 : 0;
}
