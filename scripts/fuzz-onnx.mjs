// Damages real ONNX models and loads and runs what is left: `npm run fuzz`, or `npm run fuzz -- 500 3` for 500 models from seed 3. Allowed are a
// model that works and FormatError, ShapeError or UnsupportedError (of a run also ValueError), within 2 seconds each and with all memory given back. Models: GATED_MODELS (default ../shared/models).
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

const SECONDS = 2;
const [count = 20_000, seed = 1] = process.argv.slice(2).map(Number);
if (isMainThread) await watch();
else await fuzz(workerData);

/** Numbers below `below` that a seed repeats (mulberry32, public domain). */
function generator(state) {
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return Math.floor((((x ^ (x >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** A hang stops the thread that runs the models, so another one watches it. */
async function watch() {
  const root = new URL(`${process.env.GATED_MODELS ?? '../shared/models'}/`, `file://${process.cwd()}/`);
  if (!existsSync(root)) throw new Error(`no models in ${root.pathname}; expected them in GATED_MODELS`);
  const files = readdirSync(root, { recursive: true }).filter((name) => name.endsWith('.onnx'));
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { files: files.map((f) => new URL(f, root).href), count, seed },
  });
  let last = { done: 0, at: Date.now() };
  const timer = setInterval(() => {
    if (process.stderr.isTTY) process.stderr.write(`\r${last.done} of ${count} models`);
    if (Date.now() - last.at < 10_000) return;
    console.error(`\nmodel ${last.done} of seed ${seed} (${last.file}) hangs`);
    process.exit(1);
  }, 500);
  const result = await new Promise((resolve, reject) => {
    worker.on('error', reject);
    worker.on('message', (message) => {
      last = { ...message, at: Date.now() };
      if (message.outcomes) resolve(message);
    });
  });
  clearInterval(timer);
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  report(result, files.length);
}

function report({ outcomes, slowest, failures, leaked }, files) {
  console.log(`${count} damaged models made of ${files} files, seed ${seed}`);
  for (const [name, n] of Object.entries(outcomes).sort((a, b) => b[1] - a[1]))
    console.log(`${String(n).padStart(8)}  ${name}`);
  console.log(`slowest ${slowest.toFixed(0)} ms; blocks not given back: ${leaked}`);
  for (const failure of failures) console.error(failure);
  process.exit(failures.length > 0 || leaked !== 0 || slowest > SECONDS * 1000 ? 1 : 0);
}

async function fuzz({ files, count, seed }) {
  const { FormatError, memoryInfo, ShapeError, UnsupportedError, ValueError } = await import('../dist/index.js');
  // ValueError: of a run only, an index out of range.
  const allowed = [FormatError, ShapeError, UnsupportedError, ValueError];
  const { load } = await import('../dist/onnx.js');
  const originals = files.map((file) => new Uint8Array(readFileSync(new URL(file))));
  const result = { outcomes: {}, slowest: 0, failures: [] };
  const before = memoryInfo().liveBlocks;
  for (let i = 0; i < count; i++) {
    const random = generator(seed * 1e6 + i);
    const which = random(files.length);
    parentPort.postMessage({ done: i, file: files[which] });
    const begin = performance.now();
    let outcome = 'works';
    let model = null;
    try {
      model = load(damaged(originals[which], random));
      exercise(model);
    } catch (error) {
      outcome = `${error.constructor.name} of ${model ? 'a run' : 'load'}`;
      if ((error instanceof ValueError && !model) || !allowed.some((type) => error instanceof type))
        result.failures.push(`model ${i} (${files[which]}): ${error.stack}`);
    }
    result.outcomes[outcome] = (result.outcomes[outcome] ?? 0) + 1;
    result.slowest = Math.max(result.slowest, performance.now() - begin);
  }
  parentPort.postMessage({ ...result, leaked: memoryInfo().liveBlocks - before });
}

/** Up to 4 bytes changed, or a piece left out or doubled, mostly near the start, where the graph is. */
function damaged(original, random) {
  const near = () => random(random(2) ? Math.min(original.length, 4096) : original.length);
  if (random(8) === 0) {
    const [from, length] = [near(), random(64)];
    const rest = original.subarray(random(2) ? from + length : Math.max(0, from - length));
    const bytes = new Uint8Array(from + rest.length);
    bytes.set(original.subarray(0, from));
    bytes.set(rest, from);
    return bytes;
  }
  const bytes = original.slice();
  for (let k = random(4); k >= 0; k--) bytes[near()] = random(2) ? random(256) : bytes[near()] ^ (1 << random(8));
  return bytes;
}

function exercise(model) {
  try {
    const feeds = {};
    for (const { name, shape } of model.inputs) {
      const dims = (shape ?? []).map((n) => (typeof n === 'number' ? n : 1));
      const size = dims.reduce((a, b) => a * b, 1);
      feeds[name] = { data: new Array(Math.min(size, 1e5)).fill(1), dims };
    }
    model.predict(feeds);
  } finally {
    model.dispose();
  }
}
