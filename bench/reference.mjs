// Is the pure-JavaScript opponent (gated/reference, float32) as fast as ../shared/peers/purejs_lib.cjs? Usage, after npm run build:
//     taskset -c 1 node bench/reference.mjs ../shared/peers
// Prints the ratio of medians (peer / reference; 1 = as fast, the bound is 0.85), in alternating rounds on the same numbers.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { ReferenceNetwork } from '../dist/reference.js';

const folder = resolve(process.argv[2] ?? '../shared/peers');
if (!existsSync(`${folder}/purejs_lib.cjs`)) {
  console.log(`skipped: ${process.argv[2] ?? 'no folder given and ../shared/peers'} holds no purejs_lib.cjs`);
  process.exit(0);
}
const require = createRequire(import.meta.url);
const { RNN } = require(`${folder}/purejs_lib.cjs`);
const cases = require(`${folder}/cases.json`);

/** Any numbers of the right size: a fixed linear congruence. */
function numbers(n, scale, seed) {
  let x = seed;
  return Float32Array.from({ length: n }, () => {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    return (x / 2 ** 31 - 1) * scale;
  });
}
const median = (list) => list.sort((a, b) => a - b)[list.length >> 1];

for (const [name, { kind, I, H, L: numLayers, B: N, T: L, train }] of Object.entries(cases)) {
  if (process.argv[3] && process.argv[3] !== name) continue;
  const width = (kind === 'lstm' ? 4 : 3) * H;
  const layers = Array.from({ length: numLayers }, (_, l) => ({
    wih: numbers(width * (l ? H : I), 0.08, l * 4 + 1),
    whh: numbers(width * H, 0.08, l * 4 + 2),
    bih: numbers(width, 0.08, l * 4 + 3),
    bhh: numbers(width, 0.08, l * 4 + 4),
  }));
  const x = numbers(L * N * I, 1, 99);
  const dy = numbers(L * N * H, 1, 98);
  const peer = new RNN(kind, I, H, numLayers, N, L, layers);
  const own = new ReferenceNetwork({ kind, inputSize: I, hiddenSize: H, numLayers, precision: 'float32' });
  own.setParameters(
    Object.fromEntries(
      layers.flatMap((w, l) => [
        [`weight_ih_l${l}`, w.wih],
        [`weight_hh_l${l}`, w.whh],
        [`bias_ih_l${l}`, w.bih],
        [`bias_hh_l${l}`, w.bhh],
      ]),
    ),
  );
  if (train) peer.initTrain();
  const runs = {
    peer() {
      peer.reset();
      peer.forward(x);
      if (train) peer.backward(x, dy);
      return peer.ls[numLayers - 1].h.subarray(N * H);
    },
    own() {
      const { output } = own.forward(x, { L, N });
      if (train) own.backward({ output: dy, inputGradient: false });
      return output;
    },
  };
  const [a, b] = [runs.peer(), runs.own()];
  const difference = b.reduce((m, v, i) => Math.max(m, Math.abs(v - a[i])), 0);
  if (!(difference < 1e-5)) throw new Error(`${name}: results differ by ${difference}`);
  const times = { peer: [], own: [] };
  let inner = 1;
  for (const begun = performance.now(); performance.now() - begun < 300; ) {
    runs.peer();
    runs.own();
  }
  const once = performance.now();
  runs.peer();
  inner = Math.max(1, Math.round(3 / (performance.now() - once)));
  for (let round = 0; round < 9; round++) {
    for (const who of ['peer', 'own']) {
      const start = performance.now();
      for (let i = 0; i < inner; i++) runs[who]();
      times[who].push(((performance.now() - start) * 1000) / inner);
    }
  }
  const [p, o] = [median(times.peer), median(times.own)];
  console.log(
    `${name.padEnd(4)} peer ${p.toFixed(1).padStart(10)} µs  reference ${o.toFixed(1).padStart(10)} µs  ratio ${(p / o).toFixed(2)}`,
  );
}
