// The machine's 128-bit peak: multiply-adds on registers alone, relaxed_madd or mul and add.
import { compiled } from './compiled.mjs';

/** Chains enough to fill two pipes of latency 4, few enough to stay in the 16 registers of x64. */
const CHAINS = 12;
const STEPS = 20_000;

export async function open({ build }) {
  const features = build === 'relaxed' ? ['simd', 'relaxed-simd'] : ['simd'];
  const { instance } = await WebAssembly.instantiate(await compiled(`peak-${build}`, source(build), features), {});
  const { chains } = instance.exports;
  const prepare = () => ({
    run: () => chains(STEPS, 0.999, 1e-3),
    results: () => ({}),
    comparable: false,
    flops: STEPS * CHAINS * 4 * 2,
  });
  return { versions: { node: process.versions.node }, prepare };
}

/** acc = acc · x + y for CHAINS accumulators, STEPS times; their sum is the result, so that none is left out. */
function source(build) {
  const each = (line) => Array.from({ length: CHAINS }, (_, i) => line(i)).join('\n  ');
  const madd = build === 'relaxed' ? 'f32x4.relaxed_madd' : 'mulAdd';
  return `
// @ts-ignore: decorator
@inline function mulAdd(a: v128, b: v128, c: v128): v128 { return f32x4.add(f32x4.mul(a, b), c); }
export function chains(steps: i32, factor: f32, term: f32): f32 {
  const x = f32x4.splat(factor), y = f32x4.splat(term);
  ${each((i) => `let a${i} = f32x4.splat(${i}.5);`)}
  for (let s = 0; s < steps; s++) {
  ${each((i) => `a${i} = ${madd}(a${i}, x, y);`)}
  }
  let sum = f32x4.splat(0);
  ${each((i) => `sum = f32x4.add(sum, a${i});`)}
  return f32x4.extract_lane(sum, 0);
}`;
}
