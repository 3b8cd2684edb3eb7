// Where does a step's time go? Kernel by kernel and layer by layer: bench --profile T1.
//
// The exports of the wasm builds are wrapped with a clock before the engine sees them (WebAssembly.Instance is replaced here, the library knows
// nothing of it). The recurrent kernels do a layer in one call: what is inside is timed apart, by running their products at the same shapes on the
// same build; the rest of the call is activations, copies and sums. Children of the same name in different layers are told apart by their order.
import { fileURLToPath } from 'node:url';
import { CASES, directionsOf, flopsOf, productsOf } from './cases.mjs';
import { numbers } from './numbers.mjs';
import { makeProduct, rawKernels } from './opponents/gemm.mjs';
import { median } from './statistics.mjs';
import { formatPercent, formatTime, table } from './table.mjs';
import { readTensors } from './tensors.mjs';
import { dataFile } from './truth.mjs';

const MOST_STEPS = 10_000;

/** Calls of the step under way: [{ kernel, µs }]; null: nobody asks. */
let calls = null;

/** From now on instances have clocked exports; returns how to end that. */
function wrapExports() {
  const { Instance } = WebAssembly;
  const clocked =
    (kernel, call) =>
    (...args) => {
      if (calls === null) return call(...args);
      const start = performance.now();
      const value = call(...args);
      calls.push({ kernel, us: (performance.now() - start) * 1000 });
      return value;
    };
  WebAssembly.Instance = class extends Instance {
    get exports() {
      const entries = Object.entries(super.exports);
      return Object.fromEntries(
        entries.map(([name, value]) => [name, typeof value === 'function' ? clocked(name, value) : value]),
      );
    }
  };
  return () => {
    WebAssembly.Instance = Instance;
  };
}

/** Prints the breakdown of one unit of a case on this Node; a training step has its optimizer (Adam), so that weights are packed anew. */
async function profile(name, build, ms = 3000) {
  const spec = CASES[name];
  const restore = wrapExports();
  const { open } = await import('./opponents/gated.mjs');
  const tensors = readTensors(dataFile(name));
  const { run } = open({ build, optimizer: true }).prepare({ spec, tensors });
  const products = makeProducts(build, spec);
  restore();
  const { steps, inside } = collect(run, products, ms);
  const { rows, total } = breakdown(steps, inside, spec);
  const cells = rows.map(({ title, count, us, gflops }) => [
    title,
    count,
    formatTime(us),
    formatPercent(us / total),
    gflops ? gflops.toFixed(1) : '',
  ]);
  console.log(table([[`${name}: ${spec.title}`, 'calls', 'median', 'share', 'GFLOP/s'], ...cells]));
  console.log(
    `\n${build} build, Node ${process.versions.node}; medians of ${steps.length} steps, ${formatTime(total)} each, ` +
      `${(flopsOf(spec) / total / 1000).toFixed(1)} GFLOP/s\n` +
      'Lines with · are parts of the call above: products timed alone at its shapes between the steps, the rest by difference',
  );
}

/** Every product of the case: [{ …product, run(): all its times }] */
function makeProducts(build, spec) {
  const raw = rawKernels(build);
  return productsOf(spec).map((product, i) => {
    const { m, n, k } = product;
    const { times, call } = makeProduct(raw, product, numbers(m * k, i + 1), numbers(n * k, i + 101));
    const run = () => {
      for (let t = 0; t < times; t++) call();
    };
    return { ...product, run };
  });
}

function microseconds(run) {
  const start = performance.now();
  run();
  return (performance.now() - start) * 1000;
}

/** Steps and products in turn: { steps: [{ total, calls }], inside: [{ …product, us }] } */
function collect(run, products, ms) {
  for (let i = 0; i < 3; i++) run();
  for (const product of products) product.run();
  const steps = [];
  const taken = products.map(() => []);
  const begun = performance.now();
  do {
    calls = [];
    const total = microseconds(run);
    steps.push({ total, calls });
    calls = null;
    products.forEach((product, i) => {
      taken[i].push(microseconds(product.run));
    });
  } while (performance.now() - begun < ms && steps.length < MOST_STEPS);
  return { steps, inside: products.map((product, i) => ({ ...product, us: median(taken[i]) })) };
}

/** Rows for the table, in the order of the calls: { title, count, us, gflops }. */
export function breakdown(steps, inside, spec) {
  const total = median(steps.map((step) => step.total));
  const groups = new Map();
  for (const step of steps) {
    const seen = new Map();
    const sums = new Map();
    for (const { kernel, us } of step.calls) {
      const nth = seen.get(kernel) ?? 0;
      seen.set(kernel, nth + 1);
      const key = layerKey(kernel, nth, spec);
      const sum = sums.get(key) ?? { us: 0, count: 0 };
      sums.set(key, { us: sum.us + us, count: sum.count + 1 });
    }
    for (const [key, sum] of sums) {
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(sum);
    }
  }
  const rows = [];
  let kernels = 0;
  for (const [title, sums] of groups) {
    const us = median(sums.map((sum) => sum.us));
    kernels += us;
    rows.push({ title, count: String(median(sums.map(({ count }) => count))), us }, ...partsOf(title, us, inside));
  }
  return {
    rows: [...rows, { title: 'JavaScript around the kernels', count: '', us: Math.max(0, total - kernels) }],
    total,
  };
}

/** recurrentForward runs layer after layer, recurrentBackward from the last; both directions of a layer follow each other. */
function layerKey(kernel, nth, spec) {
  const layer = Math.floor(nth / directionsOf(spec));
  if (kernel === 'recurrentForward') return `forward, layer ${layer}`;
  if (kernel === 'recurrentBackward') return `backward, layer ${spec.numLayers - 1 - layer}`;
  return kernel;
}

/** The products inside a call. */
function productsIn(title, inside) {
  if (title === 'runPlan') return inside;
  const [, pass, layer] = /^(forward|backward), layer (\d+)$/.exec(title) ?? [];
  return inside.filter((p) => p.layer === Number(layer) && (p.kind === 'forward') === (pass === 'forward'));
}

function partsOf(title, us, inside) {
  const parts = productsIn(title, inside);
  if (parts.length === 0) return [];
  const rest = us - parts.reduce((sum, p) => sum + p.us, 0);
  return [
    ...parts.map((p) => ({
      title: `  · ${p.part} [${p.m}, ${p.k}]·[${p.k}, ${p.n}]`,
      count: '',
      us: p.us,
      gflops: (2 * p.m * p.n * p.k * p.times) / p.us / 1000,
    })),
    { title: '  · activations, copies, bias sums', count: '', us: Math.max(0, rest) },
  ];
}

// Started by main.mjs on the Node and core that measure this build.
if (process.argv[1] === fileURLToPath(import.meta.url)) await profile(process.argv[2], process.argv[3]);
