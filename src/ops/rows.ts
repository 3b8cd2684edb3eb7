// Rows picked by position: embedding lookups and the packing of padded sequences are the same kernel.
import { kernels } from '../engine/engine.js';
import type { Shape } from '../shape.js';
import { filled } from './filled.js';
import { elements, fresh, type Op, type Operand, type Saved } from './op.js';

interface RowsAttributes {
  /** Shape of the result. */
  shape: Shape;
}
interface RowsSaved extends Saved {
  from: Shape;
}

function rowWidth(shape: Shape, count: number): number {
  return count === 0 ? 0 : shape.reduce((a, b) => a * b, 1) / count;
}

/**
 * out row r = x row index[r], or zeros where index[r] is -1. Rows are the trailing dimensions that make `shape` out of the
 * count of indices. A row may be picked several times: gradients add.
 */
export const pickRows: Op<RowsAttributes, RowsSaved> = {
  name: 'pickRows',
  forward([x, index], { shape }) {
    const out = fresh(shape, 'pickRows', x!.dtype);
    const count = elements(index!);
    kernels().gatherRows(x!.block.ptr, index!.block.ptr, out.block.ptr, count, rowWidth(shape, count));
    return { outputs: [out], saved: { operands: [index], from: x!.shape } };
  },
  backward({ operands: [index], from }, [dOut]) {
    const dx = filled(from, 0, 'pickRows.backward');
    addRows(dOut!, index!, dx);
    return [dx, null];
  },
};

/** target row index[r] += row r of x; rows with index -1 are skipped. */
export function addRows(x: Operand, index: Operand, target: Operand): void {
  const count = elements(index);
  kernels().scatterRows(x.block.ptr, index.block.ptr, target.block.ptr, count, rowWidth(x.shape, count), 1);
}
