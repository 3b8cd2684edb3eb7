// The machine's 128-bit peak: multiply-adds on registers alone, relaxed_madd or mul and add. A module of the
// bench's own, compiled by AssemblyScript and kept for the next case.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Chains enough to fill two pipes of latency 4, few enough to stay in the 16 registers of x64. */
const CHAINS = 12;
const STEPS = 20_000;

export async function open({ build }) {
  const { instance } = await WebAssembly.instantiate(await compiled(build), {});
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

async function compiled(build) {
  const folder = fileURLToPath(new URL('../../.cache/bench/', import.meta.url));
  const hash = createHash('sha256').update(source(build)).digest('hex').slice(0, 12);
  const path = `${folder}peak-${build}-${hash}.wasm`;
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${path}.${process.pid}`, await compile(build));
    renameSync(`${path}.${process.pid}`, path);
  }
  return readFileSync(path);
}

async function compile(build) {
  const { default: asc } = await import('assemblyscript/asc');
  const enable = build === 'relaxed' ? ['simd', 'relaxed-simd'] : ['simd'];
  let wasm;
  const options = ['peak.ts', '-O3', '--runtime', 'stub', '--noAssert', '--outFile', 'peak.wasm'];
  const { error, stderr } = await asc.main([...options, ...enable.flatMap((feature) => ['--enable', feature])], {
    readFile: (name) => (name === 'peak.ts' ? source(build) : null),
    writeFile: (_, contents) => {
      wasm = contents;
    },
    listFiles: () => [],
  });
  if (error) throw new Error(`peak: ${error.message}\n${stderr}`);
  return wasm;
}
