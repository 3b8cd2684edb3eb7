// Loss kernels: LossKernels of src/engine/kernels.ts.
export { crossEntropy, crossEntropyBackward } from './crossEntropy';
export { squaredError, squaredErrorBackward } from './squaredError';
