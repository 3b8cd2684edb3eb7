// Loss kernels: LossKernels of src/engine/kernels.ts.
export { crossEntropy, crossEntropyBackward } from './crossEntropy';
export { ctc, ctcBytes } from './ctc';
export { squaredError, squaredErrorBackward } from './squaredError';
