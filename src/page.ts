// dist/gated.min.js: everything a plain page needs in one ES module, with nothing to resolve.
export * from './data/index.js';
export * from './decoding.js';
export * as safetensors from './formats/safetensors.js';
export * from './index.js';
export * from './serving.js';
