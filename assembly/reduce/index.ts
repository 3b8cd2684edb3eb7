// Reductions and softmax: ReduceKernels of src/engine/kernels.ts.
export { sumSquares } from './norms';
export { normalize, normalizeBackward } from './normalize';
export { argmax, reduce, reduceBackward, reduceInt } from './reduce';
export { softmax, softmaxBackward } from './softmax';
