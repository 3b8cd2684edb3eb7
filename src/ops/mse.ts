import { kernels } from '../engine/engine.js';
import { binaryScalar } from './broadcast.js';
import { type Reduction, reduceLosses } from './cross-entropy.js';
import { elements, fresh, type Op, type Saved } from './op.js';

interface MseAttributes {
  reduction: Reduction;
}

/** (input - target)², reduced. Inputs of one shape. */
export const mse: Op<MseAttributes, Saved & MseAttributes> = {
  name: 'mseLoss',
  forward([input, target], { reduction }) {
    const n = elements(input!);
    const squares = fresh(input!.shape, 'mseLoss');
    kernels().squaredError(input!.block.ptr, target!.block.ptr, squares.block.ptr, n);
    return { outputs: [reduceLosses(squares, reduction, n)], saved: { operands: [input, target], reduction } };
  },
  backward({ operands: [input, target], reduction }, [dOut], sink) {
    const n = elements(input!);
    const scale = reduction === 'mean' ? binaryScalar('div', dOut!, n) : dOut!;
    const dInput = fresh(input!.shape, 'mseLoss.backward');
    const stride = reduction === 'none' ? 1 : 0;
    kernels().squaredErrorBackward(input!.block.ptr, target!.block.ptr, scale.block.ptr, stride, dInput.block.ptr, n);
    return [dInput, sink.wants(1) ? binaryScalar('mul', dInput, -1) : null];
  },
};
