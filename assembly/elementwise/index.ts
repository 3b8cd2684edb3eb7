// Elementwise kernels: ElementwiseKernels of src/engine/kernels.ts.
export { binaryBroadcast, binaryBroadcastInt } from './broadcast';
export { copyStrided } from './copy';
export { findOutOfRange, gather, gatherBackward, gatherRows, scatterRows } from './gather';
export {
  accumulate,
  binary,
  binaryBackward,
  binaryScalar,
  clamp,
  clampBackward,
  floatToInt,
  intToFloat,
  scale,
  select,
  unary,
  unaryBackward,
  unaryInt,
} from './operations';
