// A million steps of a stream: how much does each memory grow? Started by steady.test.ts with --expose-gc: steady.mjs lstm 1000000
import { GRU, Linear, LSTM, memoryInfo, Sequential, Sigmoid } from '../../dist/index.js';

const [kind, steps] = [process.argv[2], Number(process.argv[3])];
const recurrent = new (kind === 'lstm' ? LSTM : GRU)({ inputSize: 4, hiddenSize: 8, numLayers: 3 });
const model = new Sequential(recurrent, new Linear({ inFeatures: 8, outFeatures: 2 }), new Sigmoid());
const stream = model.stream();
const input = new Float32Array(4);

function run(count) {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    input[i & 3] = (i % 17) / 17;
    sum += stream.step(input)[0];
  }
  return sum;
}

/** A look at both memories leaves nothing in the heap but numbers; what it needs is compiled in the warm-up. */
function look(to) {
  const { memoryBytes, liveBytes } = memoryInfo();
  for (let i = 0; i < 4; i++) globalThis.gc();
  to[0] = process.memoryUsage().heapUsed;
  to[1] = memoryBytes;
  to[2] = liveBytes;
}

// V8 compiles in the background and drops what it compiled before: warm is when the heap has been still for a while. A leak never is.
const CHUNK = 50_000;
const before = new Float64Array(3);
const after = new Float64Array(3);
look(before);
for (let still = 0, chunks = 0; still < 5 && chunks < 100; chunks++) {
  run(CHUNK);
  look(after);
  still = Math.abs(after[0] - before[0]) < 64 ? still + 1 : 0;
  before.set(after);
}
for (let done = 0; done < steps; done += CHUNK) run(CHUNK);
look(after);
const [heap, memory, live] = after.map((value, i) => value - before[i]);
console.log(JSON.stringify({ heap, memory, live, output: run(1) }));
