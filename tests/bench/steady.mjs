// Many steps of a stream: how much does each memory grow, and how much garbage do they leave? Started by steady.test.ts with --expose-gc:
//     steady.mjs lstm 1000000      steady.mjs silero 40000 model.onnx
import { readFileSync } from 'node:fs';
import { GRU, Linear, LSTM, memoryInfo, Sequential, Sigmoid } from '../../dist/index.js';
import { load } from '../../dist/onnx.js';

const [kind, steps, file] = [process.argv[2], Number(process.argv[3]), process.argv[4]];
const input = new Float32Array(kind === 'silero' ? 576 : 4);
const step = kind === 'silero' ? silero() : layers();

/** Steps give their views: a number from a function might be boxed, which is garbage of this file. */
function silero() {
  const stream = load(new Uint8Array(readFileSync(file))).stream({ state: { state: 'stateN' } });
  const feeds = { input: { data: input, dims: [1, 576] }, sr: 16000 };
  return () => stream.step(feeds).output;
}
function layers() {
  const recurrent = new (kind === 'lstm' ? LSTM : GRU)({ inputSize: 4, hiddenSize: 8, numLayers: 3 });
  const model = new Sequential(recurrent, new Linear({ inFeatures: 8, outFeatures: 2 }), new Sigmoid());
  const stream = model.stream();
  return () => stream.step(input);
}

const frames = Array.from({ length: 17 }, (_, i) => new Float32Array(input.length).fill(i / 17));

/** No number of its own: V8's interpreter boxes every float, and that would be garbage of this file. */
function run(count) {
  for (let i = 0; i < count; i++) {
    input.set(frames[i % 17]);
    step();
  }
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
const CHUNK = Math.min(50_000, steps / 20);
const before = new Float64Array(3);
const after = new Float64Array(3);
look(before);
for (let still = 0, chunks = 0; still < 5 && chunks < 100; chunks++) {
  run(CHUNK);
  look(after);
  still = Math.abs(after[0] - before[0]) < 64 ? still + 1 : 0;
  before.set(after);
}
// Once the heap was 3 kB larger afterwards (Node 24, beside other tests) and in 26 runs meant to repeat it never: work of V8's own. A leak is there each time.
const [, memoryBefore, liveBefore] = before;
let heap = Number.POSITIVE_INFINITY;
for (let looks = 0; looks < 5 && !(heap < 1000); looks++) {
  for (let done = 0; done < steps; done += CHUNK) run(CHUNK);
  look(after);
  heap = Math.min(heap, after[0] - before[0]);
  before.set(after);
}
const memory = after[1] - memoryBefore;
const live = after[2] - liveBefore;

// Without a collection between, garbage counts too. V8's own work on code shows in some looks, and after a collection functions begin in the
// interpreter again, which boxes numbers; a step that allocates is seen in every look.
let garbage = Number.POSITIVE_INFINITY;
for (let looks = 0; looks < 100 && !(garbage < 1); looks++) {
  const used = process.memoryUsage().heapUsed;
  run(2000);
  const taken = (process.memoryUsage().heapUsed - used) / 2000;
  if (taken >= 0) garbage = Math.min(garbage, taken);
}
console.log(JSON.stringify({ heap, memory, live, garbage, output: step()[0] }));
