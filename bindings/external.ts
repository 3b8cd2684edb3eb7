// The binding of gated/core: no wasm inside, useWasm() gives it.
import { givenWasm } from '../src/engine/use-wasm.js';
import type { WasmBuilds } from './wasm.js';

export const builds: WasmBuilds = { baseline: () => givenWasm('baseline'), relaxed: () => givenWasm('relaxed') };
