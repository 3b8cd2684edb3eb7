export { packedBytes, packPlain, packTransposed } from './packing';
export { gemm, linear } from './gemm';
export { columnSums, gemmTransposedA, gemmTransposedABytes } from './transposed';
