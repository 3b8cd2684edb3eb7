// The second module: kernels that only ONNX graphs need, on the same memory. One build, baseline: products run in the first module's.
// Types and contracts: src/onnx/kernels.ts.
export * from './activate';
export * from './im2col';
export * from './gemmInt';
export * from './pool';
