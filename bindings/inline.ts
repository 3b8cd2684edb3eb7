// The default binding: both builds inside the JavaScript file, unpacked synchronously at first use.
// @ts-expect-error esbuild's text loader turns this file (made by scripts/build.mjs) into a string
import payload from '../build/builds.packed';
import { decodeBase85 } from './base85.js';
import type { WasmBuilds } from './wasm.js';

/** Where assembly/unpack.ts reads and writes. */
const INPUT = 16384;
const OUTPUT = 65536;

interface Unpacker {
  memory: WebAssembly.Memory;
  decode(end: number): void;
}
interface Opened {
  /** Bytes of the relaxed build, and of both. */
  relaxed: number;
  both: number;
  module: WebAssembly.Module;
  unpacker: Unpacker;
}
let opened: Opened | null = null;

function open(): Opened {
  const bytes = decodeBase85(payload);
  const [own, relaxed, both] = new Uint32Array(bytes.buffer, 0, 3);
  const module = new WebAssembly.Module(bytes.subarray(12, 12 + own));
  return { relaxed, both, module, unpacker: start(module, bytes.subarray(12 + own), both) };
}

function start(module: WebAssembly.Module, stream: Uint8Array, size: number): Unpacker {
  const memory = new WebAssembly.Memory({ initial: Math.ceil((OUTPUT + size) / 65536) + 1 });
  new Uint8Array(memory.buffer).set(stream, INPUT);
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return { memory, decode: exports.decode as Unpacker['decode'] };
}

function part({ memory, decode }: Unpacker, from: number, to: number): Uint8Array<ArrayBuffer> {
  decode(OUTPUT + to);
  return new Uint8Array(memory.buffer as ArrayBuffer, OUTPUT + from, to - from);
}

/** An engine that runs the relaxed build, which comes first, never needs the other half. */
function unpack(wanted: 'baseline' | 'relaxed'): Uint8Array<ArrayBuffer> {
  const { relaxed, both, unpacker } = (opened ??= open());
  return wanted === 'relaxed' ? part(unpacker, 0, relaxed) : part(unpacker, relaxed, both);
}

export const builds: WasmBuilds = { baseline: () => unpack('baseline'), relaxed: () => unpack('relaxed') };

/** Another stream that scripts/build.mjs made, its size (uint32) in front: onnx-inline.ts has one. */
export function unpackStream(text: string): Uint8Array<ArrayBuffer> {
  const bytes = decodeBase85(text);
  const [size] = new Uint32Array(bytes.buffer, 0, 1);
  return part(start((opened ??= open()).module, bytes.subarray(4), size), 0, size);
}
