// gated/core: the public names over kernels that the caller gives, for whoever ships the .wasm files apart from the JavaScript.
export { useWasm } from './engine/use-wasm.js';
// Named here too: the build takes the error classes from a shared file, and esbuild passes `export *` of such a file on only from an entry.
export * from './errors.js';
export * from './index.js';
