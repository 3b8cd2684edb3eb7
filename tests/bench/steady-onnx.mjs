// How many bytes of JavaScript's heap does one step of a stream of gated/onnx take? Started by steady-onnx.test.ts with --expose-gc and a young
// generation so large that no collection comes between two looks: steady-onnx.mjs lstm
import { readFileSync } from 'node:fs';
import { GRU, Linear, LSTM, memoryInfo, Sequential } from '../../dist/index.js';
import { load, toOnnx } from '../../dist/onnx.js';

const STEPS = 2000;
const LOOKS = 30;

const file = (path) => readFileSync(`${process.env.GATED_MODELS}/${path}`);
const sizes = { inputSize: 5, hiddenSize: 9, numLayers: 2 };
const stack = (recurrent) =>
  toOnnx(new Sequential(recurrent, new Linear({ inFeatures: 9, outFeatures: 3 })), {
    input: ['seqLen', 1, 5],
    states: true,
  });
const frame = { data: new Float32Array(5).fill(0.1), dims: [1, 1, 5] };

/** [bytes of the file, states, what a step is fed]. */
const MODELS = {
  lstm: () => [stack(new LSTM(sizes)), { h0: 'hn', c0: 'cn' }, () => ({ input: frame })],
  gru: () => [stack(new GRU(sizes)), { h0: 'hn' }, () => ({ input: frame })],
  dtln: () => [
    file('dtln/model_1.onnx'),
    { input_3: 'tf_op_layer_stack_2' },
    () => ({ input_2: new Float32Array(257).fill(0.1) }),
  ],
};

const [, , name, fresh] = process.argv;
const [bytes, state, feeds] = MODELS[name]();
const stream = load(bytes).stream({ state });
let fed = feeds();

function run() {
  for (let i = 0; i < STEPS; i++) {
    // 'fresh' is what shows that the measure sees an allocation.
    if (fresh) fed = { ...fed };
    stream.step(fed);
  }
}

for (let warm = 0; warm < 5; warm++) run();
for (let i = 0; i < 4; i++) globalThis.gc();
const { memoryBytes, liveBytes } = memoryInfo();
// V8 compiles in the background: a look may see that, but a step that allocates is seen in every look.
let least = Number.POSITIVE_INFINITY;
for (let look = 0; look < LOOKS && !(least < 1); look++) {
  const before = process.memoryUsage().heapUsed;
  run();
  const taken = (process.memoryUsage().heapUsed - before) / STEPS;
  if (taken >= 0) least = Math.min(least, taken);
}
const after = memoryInfo();
console.log(
  JSON.stringify({ heap: least, memory: after.memoryBytes - memoryBytes, live: after.liveBytes - liveBytes }),
);
