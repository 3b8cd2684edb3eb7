// A formula of elementwise operations, written once for tensors, in a plan.
import { BINARY, PLAN_OPS, UNARY } from '../engine/kernels.js';
import { type Block, f32 } from '../engine/memory.js';
import { UnsupportedError } from '../errors.js';
import type { Tensor } from '../tensor/tensor.js';
import type { PlanBuilder } from './layer.js';

export type Formula = (x: Tensor) => Tensor;

/** Stands in for a Tensor [batch, width]: its methods write nodes. */
interface Traced {
  block: Block;
}

/**
 * Appends the calls that `formula` makes on its argument to the plan; gives the block of the result.
 * @param weight the one tensor the formula may use besides, one element or `width`.
 */
export function writeFormula(
  plan: PlanBuilder,
  x: Block,
  width: number,
  formula: Formula,
  weight?: () => Tensor,
): Block {
  const n = plan.batch * width;
  const traced = (block: Block): Tensor => {
    const own: Record<string, unknown> = { block, shape: [plan.batch, width] };
    const get = (_: unknown, name: string) => own[name] ?? ((...args: unknown[]) => traced(call(name, block, args)));
    return new Proxy({}, { get }) as Tensor;
  };
  const call = (name: string, { ptr }: Block, [a, b]: unknown[]): Block => {
    const y = plan.floats(n, 'stream');
    const add = (op: number, args: number[], count: number, each = width) => {
      const at = plan.node(op, args) >>> 2;
      plan.rowWords.push({ at: at + count, each });
      return at;
    };
    if (name in UNARY) add(PLAN_OPS.unary, [UNARY[name as 'abs'], ptr, y.ptr, n], 4);
    else if (name === 'clamp') f32.set([a, b] as number[], add(PLAN_OPS.clamp, [ptr, y.ptr, n], 3) + 4);
    else if (name in BINARY) {
      const scalar = typeof a === 'number';
      const other = scalar ? 0 : ((a as Traced).block ?? spread()).ptr;
      const op = scalar ? PLAN_OPS.binaryScalar : PLAN_OPS.binary;
      const at = add(op, [BINARY[name as 'add'], ptr, other, y.ptr, n], 5);
      if (scalar) f32[at + 3] = a;
    } else if (a === -1 || a === 1) {
      add(PLAN_OPS.softmax, [ptr, y.ptr, plan.batch, width, 1, name === 'softmax' ? 0 : 1], 3, 1);
    } else throw new UnsupportedError(`stream: ${name} over dim ${a}; expected -1, the features`);
    return y;
  };
  const spread = (): Block => {
    const wide = plan.floats(n, 'stream');
    plan.watch(weight!);
    plan.refreshers.push(() => {
      const values = weight!().data();
      for (let i = 0; i < n; i++) f32[(wide.ptr >>> 2) + i] = values[i % values.length];
    });
    return wide;
  };
  return (formula(traced(x)) as unknown as Traced).block;
}
