// gated's matrix kernels alone, at the shapes of another case's products, on memory of their own.
import { readFileSync } from 'node:fs';
import { CASES, productsOf } from '../cases.mjs';

export function open({ build }) {
  return { versions: { node: process.versions.node }, prepare: ({ spec, tensors }) => prepare(build, spec, tensors) };
}

function prepare(build, spec, tensors) {
  const products = productsOf(CASES[spec.of]);
  const make = rawKernels(build);
  const runs = products.map((product, i) => makeProduct(make, product, tensors[`a.${i}`].data, tensors[`b.${i}`].data));
  const run = () => {
    for (let i = 0; i < runs.length; i++) {
      const { times, call } = runs[i];
      for (let t = 0; t < times; t++) call();
    }
  };
  return { run, results: () => Object.fromEntries(runs.map(({ result }, i) => [i, result()])) };
}

/** The exports of a build and `floats(values or count)`, which gives addresses. */
export function rawKernels(build) {
  const memory = new WebAssembly.Memory({ initial: 4096 });
  const bytes = readFileSync(new URL(`../../dist/wasm/${build}.wasm`, import.meta.url));
  const { exports: kernels } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  let top = 65536;
  const bytesAt = (count) => {
    const at = top;
    top += Math.ceil(count / 64) * 64;
    return at;
  };
  const floats = (values) => {
    const at = bytesAt(values.length * 4);
    new Float32Array(memory.buffer, at, values.length).set(values);
    return at;
  };
  return { memory, kernels, bytesAt, floats };
}

/** One product: { times, call(), result() }. Packing weights is not part of it: the library does it once for each version. */
export function makeProduct({ memory, kernels, bytesAt, floats }, { kind, m, n, k, times }, a, b) {
  const [pa, pb, c] = [floats(a), floats(b), bytesAt(m * n * 4)];
  const view = () => new Float32Array(memory.buffer, c, m * n);
  if (kind === 'weights') {
    const scratch = bytesAt(kernels.gemmTransposedABytes(m, n, k));
    const call = () => kernels.gemmTransposedA(pa, m, pb, n, c, n, m, n, k, scratch);
    const result = () => {
      view().fill(0);
      call();
      return view().slice();
    };
    return { times, call, result };
  }
  const packed = bytesAt(kernels.packedBytes(n, k));
  if (kind === 'forward') kernels.packTransposed(pb, k, n, k, packed);
  else kernels.packPlain(pb, n, n, k, packed);
  const call = () => kernels.gemm(pa, k, packed, c, n, m, n, k, 0);
  const result = () => {
    call();
    return view().slice();
  };
  return { times, call, result };
}
