// Node: the builds as files beside this one, because unpacking the ones inside the JavaScript takes 6 ms at first use. Where a bundler took this
// code away from its files, or reading is not permitted, the ones inside do; they are the same bytes.
import { builds as inline, unpackModule } from './inline.js';
import type { WasmBuilds } from './wasm.js';

/** Written into each wasm file's last section by scripts/build.mjs, as 'baseline 0.1.0'. */
declare const __VERSION__: string;

// Not where it is used: bundlers take `new URL(…, import.meta.url)` for a file to carry along.
const here = import.meta.url;
/** An import of it would cost 2 ms. Not in Node before 20.16 and 22.3. */
const fs = globalThis.process?.getBuiltinModule?.('node:fs');

/** dist/wasm/{name}.wasm, or null where there is none of this version. */
function readBuild(name: string): Uint8Array<ArrayBuffer> | null {
  if (!fs) return null;
  try {
    const bytes = new Uint8Array(fs.readFileSync(new URL(`../wasm/${name}.wasm`, here)));
    const label = `${name} ${__VERSION__}`;
    return String.fromCharCode(...bytes.subarray(-label.length)) === label ? bytes : null;
  } catch {
    return null;
  }
}

export const builds: WasmBuilds = {
  baseline: () => readBuild('baseline') ?? inline.baseline(),
  relaxed: () => readBuild('relaxed') ?? inline.relaxed(),
};

/** Another module that scripts/build.mjs made: onnx-node.ts has one. */
export function readModule(name: string, text: string): Uint8Array<ArrayBuffer> {
  return readBuild(name) ?? unpackModule(text);
}
