import { kernels } from '../engine/engine.js';
import { i32 } from '../engine/memory.js';
import { ShapeError } from '../errors.js';
import { formatShape } from '../shape.js';
import { checkIndex } from './gather.js';
import { elements, fresh, type Op, type Saved } from './op.js';
import { addRows } from './rows.js';

interface EmbeddingAttributes {
  /** Row whose gradient stays zero, or -1. */
  paddingIdx: number;
}

/** out[…, :] = weight[ids[…], :]; ids int32. */
export const embedding: Op<EmbeddingAttributes, Saved & EmbeddingAttributes> = {
  name: 'embedding',
  forward([weight, ids], { paddingIdx }) {
    const [vocabulary, width] = weight!.shape;
    if (weight!.shape.length !== 2 || weight!.dtype !== 'float32') {
      throw new ShapeError(
        `Embedding: weight is ${weight!.dtype} ${formatShape(weight!.shape)}; expected float32 of rank 2`,
      );
    }
    checkIndex(ids!, vocabulary, 'Embedding');
    const out = fresh([...ids!.shape, width], 'embedding');
    kernels().gatherRows(weight!.block.ptr, ids!.block.ptr, out.block.ptr, elements(ids!), width);
    return { outputs: [out], saved: { operands: [ids], paddingIdx } };
  },
  // Adds into the weight's gradient through the sink: rows not looked up cost nothing.
  backward({ operands: [ids], paddingIdx }, [dOut], sink) {
    const dWeight = sink.accumulate(0);
    addRows(dOut!, paddingIdx < 0 ? ids! : withoutPadding(ids!, paddingIdx), dWeight);
    return [null, null];
  },
};

/** The ids with the padding row's replaced by -1, which scatterRows skips. */
function withoutPadding(ids: { block: { ptr: number }; shape: readonly number[] }, paddingIdx: number) {
  const count = ids.shape.reduce((a, b) => a * b, 1);
  const out = fresh(ids.shape, 'embedding.backward', 'int32');
  const source = ids.block.ptr >>> 2;
  const target = out.block.ptr >>> 2;
  for (let i = 0; i < count; i++) i32[target + i] = i32[source + i] === paddingIdx ? -1 : i32[source + i];
  return out;
}
