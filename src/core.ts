// gated/core: the public names over kernels that the caller gives, for whoever ships the .wasm files apart from the JavaScript.

export * from './decoding.js';
export { useWasm } from './engine/use-wasm.js';
export * from './index.js';
export * from './serving.js';
