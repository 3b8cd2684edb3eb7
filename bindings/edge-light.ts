// Vercel's edge runtime refuses bytes and marks a module to be compiled at deployment with ?module. Baseline only: what CPU and engine will
// run it is not known then, and a module that does not compile fails the whole deployment.
// @ts-expect-error resolved by the consumer's bundler; beside this file in dist/
import baseline from '../wasm/baseline.wasm?module';
import type { WasmBuilds } from './wasm.js';

export const builds: WasmBuilds = { baseline: () => baseline, relaxed: () => null };
