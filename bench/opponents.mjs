// Who is measured? Each opponent is a process of its own (opponents/serve.mjs or a script that speaks the same lines).
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { run } from '../tests/runtimes/packages.mjs';
import { nodeBinary } from '../tests/runtimes/programs.mjs';

const script = (name) => fileURLToPath(new URL(`opponents/${name}`, import.meta.url));

/**
 * adapter: a file of opponents/ · runtime: 'node24', 'node20', 'python' · modes: what it can do, default all but gemm · peer: needs --peers ·
 * of: whose peak or floor it is · download: what a browser (or Node) loads, as files of the peers' node_modules.
 */
export const OPPONENTS = {
  relaxed: { title: 'gated, relaxed', adapter: 'gated', build: 'relaxed', runtime: 'node24' },
  baseline: { title: 'gated, baseline', adapter: 'gated', build: 'baseline', runtime: 'node20' },
  js: { title: 'pure JavaScript', adapter: 'js', runtime: 'node24' },
  'ort-web': {
    title: 'ONNX Runtime web',
    adapter: 'ort',
    backend: 'web',
    runtime: 'node24',
    peer: true,
    download: ['ort.wasm.bundle.min.mjs', 'ort-wasm-simd-threaded.wasm'].map((file) => `onnxruntime-web/dist/${file}`),
  },
  'ort-node': {
    title: 'ONNX Runtime node',
    adapter: 'ort',
    backend: 'node',
    runtime: 'node24',
    peer: true,
    download: ['libonnxruntime.so.1', 'onnxruntime_binding.node'].map(
      (file) => `onnxruntime-node/bin/napi-v6/linux/x64/${file}`,
    ),
  },
  tfjs: {
    title: 'TensorFlow.js wasm',
    adapter: 'tfjs',
    runtime: 'node24',
    peer: true,
    download: [
      'tfjs/dist/tf.es2017.min.js',
      'tfjs-backend-wasm/dist/tf-backend-wasm.es2017.min.js',
      'tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm',
    ].map((file) => `@tensorflow/${file}`),
  },
  brain: { title: 'brain.js', adapter: 'brain', runtime: 'node24', peer: true, download: ['brain.js/dist/browser.js'] },
  torch: { title: 'PyTorch', program: 'torch_peer.py', runtime: 'python', peer: true },
  tuned: { title: 'pure JS of the peers', adapter: 'tuned', runtime: 'node24', peer: true },
  reading: { title: 'its weights, only read', adapter: 'reading', runtime: 'node24', of: 'relaxed' },
  'peak-relaxed': { title: 'peak, madd', adapter: 'peak', build: 'relaxed', runtime: 'node24', of: 'relaxed' },
  'peak-baseline': { title: 'peak, mul + add', adapter: 'peak', build: 'baseline', runtime: 'node20', of: 'baseline' },
};

/** Which program runs an opponent: the current Node where it is of that version, otherwise the one that tests/runtimes pins. */
export function findRuntimes({ node20, node24, python = '/usr/bin/python3' }) {
  const notes = [];
  const find = (major, given) => {
    if (given) return given;
    if (process.versions.node.startsWith(`${major}.`)) return process.execPath;
    try {
      return nodeBinary(major);
    } catch (error) {
      notes.push(
        `Node ${major} not found (${String(error.message).split('\n')[0]}): Node ${process.versions.node} instead`,
      );
      return process.execPath;
    }
  };
  return { runtimes: { node20: find('20', node20), node24: find('24', node24), python }, notes };
}

/** The opponents of a run by name, in the table's order; with why others are left out. */
export function chooseOpponents({ peers, only, runtimes }) {
  const chosen = [];
  const notes = [];
  for (const [name, opponent] of Object.entries(OPPONENTS)) {
    if (opponent.peer && !peers) continue;
    const wanted = !only || only.includes(name) || only.includes(opponent.of);
    if (!wanted) continue;
    const missing = whyMissing(opponent, runtimes);
    if (missing) notes.push(`${opponent.title} is left out: ${missing}`);
    else chosen.push(name);
  }
  return { chosen, notes };
}

function whyMissing({ build, runtime }, runtimes) {
  const program = runtimes[runtime];
  if (runtime === 'python') return existsSync(program) ? null : `no ${program}`;
  if (build !== 'relaxed') return null;
  const probe = `process.exit(WebAssembly.validate(fs.readFileSync(${JSON.stringify(relaxedModule())})) ? 0 : 1)`;
  try {
    run(program, ['-e', probe]);
    return null;
  } catch {
    return `this Node refuses relaxed SIMD (${program})`;
  }
}
const relaxedModule = () => fileURLToPath(new URL('../dist/wasm/relaxed.wasm', import.meta.url));

/** What an opponent says to a case without being asked: null, or why it does not run it. */
export function declines(name, { mode, batch }) {
  const { adapter, of } = OPPONENTS[name];
  if (adapter === 'reading') return batch === 1 && mode !== 'train' ? null : 'not its kernels';
  if (adapter === 'gated' || of) return null;
  if (mode === 'model' && adapter !== 'ort') return 'no ONNX';
  return mode === 'gemm' ? 'not its kernels' : null;
}

/** gated's adapters to what is no module of it. */
const OWN = { gemm: 'gemm', model: 'gated-onnx' };

/** Command and arguments of an opponent's process, on one core where taskset exists. `more` joins its options. */
export function commandOf(name, { mode }, { runtimes, peers, cpu, clock }, more = {}) {
  const { adapter, program, build, backend, runtime } = OPPONENTS[name];
  const options = {
    adapter: (adapter === 'gated' && OWN[mode]) || adapter,
    build,
    backend,
    folder: peers,
    clock,
    ...more,
  };
  return pinned([runtimes[runtime], script(program ?? 'serve.mjs'), JSON.stringify(options)], cpu);
}

/** cpu null: wherever the system likes. */
export function pinned(command, cpu) {
  return cpu === null ? command : ['taskset', '-c', String(cpu), ...command];
}

/** The core to measure on: the last of this machine's; null without taskset. */
export function chooseCpu(asked) {
  if (!existsSync('/usr/bin/taskset')) return null;
  return asked ?? availableParallelism() - 1;
}
