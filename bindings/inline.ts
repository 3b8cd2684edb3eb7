// The default binding: both builds inside the JavaScript file, unpacked synchronously at first use.
// @ts-expect-error esbuild's text loader turns this file (made by scripts/build.mjs) into a string
import payload from '../build/builds.packed';
import { decodeBase85 } from './base85.js';
import type { WasmBuilds } from './wasm.js';

/** Where assembly/unpack.ts reads and writes. */
const INPUT = 16384;
const OUTPUT = 65536;

interface Unpacker {
  /** Bytes of the relaxed build, and of both. */
  relaxed: number;
  both: number;
  memory: WebAssembly.Memory;
  decode(end: number): void;
}
let unpacker: Unpacker | null = null;

function open(): Unpacker {
  const bytes = decodeBase85(payload);
  const [own, relaxed, both] = new Uint32Array(bytes.buffer, 0, 3);
  const memory = new WebAssembly.Memory({ initial: Math.ceil((OUTPUT + both) / 65536) + 1 });
  new Uint8Array(memory.buffer).set(bytes.subarray(12 + own), INPUT);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes.subarray(12, 12 + own)), {
    env: { memory },
  });
  return { relaxed, both, memory, decode: exports.decode as Unpacker['decode'] };
}

/** An engine that runs the relaxed build, which comes first, never needs the other half. */
function unpack(wanted: 'baseline' | 'relaxed'): Uint8Array<ArrayBuffer> {
  const { relaxed, both, memory, decode } = (unpacker ??= open());
  const [start, end] = wanted === 'relaxed' ? [0, relaxed] : [relaxed, both];
  decode(OUTPUT + end);
  return new Uint8Array(memory.buffer as ArrayBuffer, OUTPUT + start, end - start);
}

export const builds: WasmBuilds = { baseline: () => unpack('baseline'), relaxed: () => unpack('relaxed') };
