// A floor for one row at a time: the weights of a case are loaded as often as its steps need them, in vectors as the kernels load them, and
// nothing is computed. Where they are larger than the cache, this is what the machine gives.
import { flopsOf, gatesOf, inputOf } from '../cases.mjs';
import { compiled } from './compiled.mjs';

const VECTORS = 12;

export async function open() {
  const { instance } = await WebAssembly.instantiate(await compiled('reading', source(), ['simd']), {});
  return { versions: { node: process.versions.node }, prepare: ({ spec }) => prepare(instance.exports, spec) };
}

/** Layer after layer: W_ih once (the product of all steps reads it in blocks of rows), W_hh at every step. */
function prepare({ memory, read }, spec) {
  const { hiddenSize: H, numLayers, steps } = spec;
  const rounds = (columns) => Math.ceil((gatesOf(spec) * H * columns) / (4 * VECTORS));
  const layers = Array.from({ length: numLayers }, (_, layer) => [rounds(inputOf(spec, layer)), rounds(H)]);
  const total = layers.flat().reduce((a, b) => a + b) * VECTORS * 16;
  memory.grow(1 + Math.ceil(total / 65536));
  new Float32Array(memory.buffer).fill(1);
  const run = () => {
    let at = 65536;
    for (const [input, hidden] of layers) {
      read(at, input);
      at += input * VECTORS * 16;
      for (let step = 0; step < steps; step++) read(at, hidden);
      at += hidden * VECTORS * 16;
    }
  };
  return { run, results: () => ({}), comparable: false, flops: flopsOf(spec) };
}

/** 12 vectors at a time, each joined into one of its own, so that none is left out. */
function source() {
  const each = (line) => Array.from({ length: VECTORS }, (_, i) => line(i)).join('\n  ');
  return `
export function read(at: usize, rounds: i32): i32 {
  ${each((i) => `let a${i} = i32x4.splat(0);`)}
  for (; rounds > 0; rounds--) {
  ${each((i) => `a${i} = v128.or(a${i}, v128.load(at, ${i * 16}));`)}
    at += ${VECTORS * 16};
  }
  let all = a0;
  ${each((i) => `all = v128.or(all, a${i});`)}
  return i32x4.extract_lane(all, 0);
}`;
}
