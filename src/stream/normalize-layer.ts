import { PLAN_OPS, type Ptr } from '../engine/kernels.js';
import { f32, i32 } from '../engine/memory.js';
import type { Tensor } from '../tensor/tensor.js';
import type { NodeStreamLayer } from './layer.js';

/**
 * A module as kernel normalize over rows of n. `pointers` gives weight and bias whenever one of `watched` has changed; it may put them
 * into 2 · n float32 of the stream's own.
 */
export function normalizeLayer<Name extends string>(
  module: { readonly [name in Name]: Tensor | null },
  watched: readonly Name[],
  n: number,
  eps: number,
  pointers: (own: Ptr) => readonly Ptr[],
): NodeStreamLayer[] {
  return [
    {
      type: 'node',
      name: '',
      kind: module.constructor.name,
      inputSize: n,
      build(plan, x) {
        const [y, own] = [plan.batch, 2].map((rows) => plan.floats(rows * n, 'stream'));
        const at = plan.node(PLAN_OPS.normalize, [x.ptr, 0, 0, y.ptr, plan.batch, n]) >>> 2;
        f32[at + 7] = eps;
        plan.rowWords.push({ at: at + 5, each: 1 });
        for (const name of watched) plan.watch(() => module[name]);
        plan.refreshers.push(() => {
          const found = pointers(own.ptr); // may grow memory: the view is looked up after it
          i32.set(found, at + 2);
        });
        return [y, n];
      },
    },
  ];
}
