// The default binding: the template of both builds inside the JavaScript file, unpacked synchronously at first use.
// @ts-expect-error esbuild's text loader turns this file (made by scripts/build.mjs) into a string
import payload from '../build/template.packed';
import { decodeBase85 } from './base85.js';
import { fillTemplate } from './template.js';
import type { WasmBuilds } from './wasm.js';

/** Where assembly/unpack.ts reads and writes. */
const INPUT = 16384;
const OUTPUT = 65536;

let unpacker: WebAssembly.Module | null = null;
let template: Uint8Array | null = null;

/** What scripts/build.mjs packed: its size (uint32), and an LZMA stream. */
function unpack(packed: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const [size] = new Uint32Array(packed.slice(0, 4).buffer);
  const memory = new WebAssembly.Memory({ initial: Math.ceil((OUTPUT + size) / 65536) + 1 });
  new Uint8Array(memory.buffer).set(packed.subarray(4), INPUT);
  const { exports } = new WebAssembly.Instance(unpacker!, { env: { memory } });
  (exports.decode as (end: number) => void)(OUTPUT + size);
  return new Uint8Array(memory.buffer as ArrayBuffer, OUTPUT, size);
}

function open(): Uint8Array {
  const bytes = decodeBase85(payload);
  const own = 4 + new Uint32Array(bytes.buffer, 0, 1)[0];
  unpacker = new WebAssembly.Module(bytes.subarray(4, own));
  return unpack(bytes.subarray(own));
}
const build = (name: 'baseline' | 'relaxed') => fillTemplate((template ??= open()), name);

export const builds: WasmBuilds = { baseline: () => build('baseline'), relaxed: () => build('relaxed') };

/** Another module that scripts/build.mjs packed: onnx-inline.ts has one. */
export function unpackModule(text: string): Uint8Array<ArrayBuffer> {
  template ??= open();
  return unpack(decodeBase85(text));
}
