import { kernels } from '../engine/engine.js';
import { REDUCE } from '../engine/kernels.js';
import { binaryScalar } from './broadcast.js';
import { fresh, type Op, type Operand, type Saved } from './op.js';

export type Reduction = 'mean' | 'sum' | 'none';

export interface CrossEntropyAttributes {
  ignoreIndex: number;
  labelSmoothing: number;
  reduction: Reduction;
}

interface CrossEntropySaved extends Saved, CrossEntropyAttributes {
  /** Σ of the targets' weights: what 'mean' divides by. */
  total: number;
}

/** Inputs: logits [M, C], targets int32 [M], class weights [C] or absent. Formula: nn/losses.ts. */
export const crossEntropy: Op<CrossEntropyAttributes, CrossEntropySaved> = {
  name: 'crossEntropy',
  forward([logits, targets, weight], attributes) {
    const [m, c] = logits!.shape;
    const losses = fresh([m], 'crossEntropy');
    const logSumExp = fresh([m], 'crossEntropy');
    const { ignoreIndex, labelSmoothing, reduction } = attributes;
    const total = kernels().crossEntropy(
      logits!.block.ptr,
      targets!.block.ptr,
      weight?.block.ptr ?? 0,
      losses.block.ptr,
      logSumExp.block.ptr,
      m,
      c,
      ignoreIndex,
      labelSmoothing,
    );
    const out = reduceLosses(losses, reduction, total);
    return { outputs: [out], saved: { operands: [logits, targets, weight, logSumExp], total, ...attributes } };
  },
  backward({ operands: [logits, targets, weight, logSumExp], total, ...attributes }, [dOut]) {
    const { ignoreIndex, labelSmoothing, reduction } = attributes;
    const [m, c] = logits!.shape;
    const scale = reduction === 'mean' ? binaryScalar('div', dOut!, total) : dOut!;
    const dLogits = fresh(logits!.shape, 'crossEntropy.backward');
    kernels().crossEntropyBackward(
      logits!.block.ptr,
      targets!.block.ptr,
      weight?.block.ptr ?? 0,
      logSumExp!.block.ptr,
      scale.block.ptr,
      reduction === 'none' ? 1 : 0,
      dLogits.block.ptr,
      m,
      c,
      ignoreIndex,
      labelSmoothing,
    );
    return [dLogits, null, null];
  },
};

/** The losses as they are, their sum, or their sum over `total`. */
export function reduceLosses(losses: Operand, reduction: Reduction, total: number): Operand {
  if (reduction === 'none') return losses;
  const out = fresh([], 'loss');
  kernels().reduce(
    REDUCE.sum,
    losses.block.ptr,
    out.block.ptr,
    1,
    losses.shape.reduce((a, b) => a * b, 1),
    1,
  );
  return reduction === 'sum' ? out : binaryScalar('div', out, total);
}
