// Cloudflare's workerd compiles WebAssembly only when a worker is uploaded: static imports give modules, never bytes.
// @ts-expect-error resolved by the consumer's bundler or by workerd itself; beside this file in dist/
import baseline from '../wasm/baseline.wasm';
// @ts-expect-error likewise
import relaxed from '../wasm/relaxed.wasm';
import type { WasmBuilds } from './wasm.js';

export const builds: WasmBuilds = { baseline: () => baseline, relaxed: () => relaxed };
