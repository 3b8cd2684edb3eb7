/** A build of gated's kernels, as bundlers that compile .wasm imports give it: for useWasm() of gated/core. */
declare const module: WebAssembly.Module;
export default module;
