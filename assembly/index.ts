// The export list: the whole ABI on one screen. Types and contracts: src/engine/kernels.ts.
export * from './matmul';
export * from './recurrent';
export * from './plan';
export * from './elementwise';
export * from './reduce';
export * from './losses';
export * from './optimizers';
export * from './random';
