// Weights in the layouts the matrix kernels read, kept with the block they were made from and made anew when it changed.
import { kernels } from '../engine/engine.js';
import { allocate, type Block } from '../engine/memory.js';
import type { Operand } from './op.js';

/** 'transposed' serves y = x·Wᵀ (forward), 'plain' serves dx = dy·W (backward). */
export type Layout = 'transposed' | 'plain';

/** The packed form of W [rows, columns], cached on W's block by version. */
export function packedWeight(w: Operand, layout: Layout): Block {
  const block = w.block;
  const attachments = (block.attachments ??= new Map());
  const cached = attachments.get(layout);
  if (cached) {
    if (cached.version !== block.version) {
      pack(w, layout, cached.block);
      cached.version = block.version;
    }
    return cached.block;
  }
  const packed = packOnce(w, layout).retain();
  attachments.set(layout, { block: packed, version: block.version });
  return packed;
}

/** A matrix: what packing needs of an operand. */
interface Matrix {
  readonly block: { readonly ptr: number };
  readonly shape: readonly number[];
}

/** The packed form of W, owned by the current frame. */
export function packOnce(w: Matrix, layout: Layout): Block {
  const [n, k] = layout === 'transposed' ? w.shape : [w.shape[1], w.shape[0]];
  const packed = allocate(kernels().packedBytes(n, k), 'packed weights');
  pack(w, layout, packed);
  return packed;
}

function pack(w: Matrix, layout: Layout, packed: Block): void {
  const [rows, columns] = w.shape;
  if (layout === 'transposed') kernels().packTransposed(w.block.ptr, columns, rows, columns, packed.ptr);
  else kernels().packPlain(w.block.ptr, columns, columns, rows, packed.ptr);
}
