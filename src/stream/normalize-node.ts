import { PLAN_OPS } from '../engine/kernels.js';
import { type Block, f32, i32 } from '../engine/memory.js';
import type { PlanBuilder } from './layer.js';

/** A node of kernel normalize over rows of n. `pointers` gives weight and bias whenever a watched weight has changed. */
export function normalizeNode(
  plan: PlanBuilder,
  x: Block,
  n: number,
  eps: number,
  pointers: () => readonly number[],
): [Block, number] {
  const y = plan.floats(plan.batch * n, 'stream');
  const at = plan.node(PLAN_OPS.normalize, [x.ptr, 0, 0, y.ptr, plan.batch, n]) >>> 2;
  f32[at + 7] = eps;
  plan.rowWords.push({ at: at + 5, each: 1 });
  plan.refreshers.push(() => {
    const [weight, bias] = pointers(); // may grow memory: the view is looked up after it
    i32.set([weight, bias], at + 2);
  });
  return [y, n];
}
