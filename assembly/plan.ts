// A stack of layers in one call: nodes of 8 int32, op and arguments (PLAN_OPS in src/engine/kernels.ts).
import { convolutionStep } from './convolution';
import { binary, binaryScalar, clamp, gatherRows, unary } from './elementwise';
import { linear } from './matmul/gemm';
import { normalize } from './reduce/normalize';
import { recurrentForward } from './recurrent/forward';
import { softmax } from './reduce/softmax';

const NODE_BYTES: usize = 32;

// @ts-ignore: decorator
@inline
function argument(node: usize, i: usize): i32 {
  return load<i32>(node + ((i + 1) << 2));
}

export function runPlan(plan: usize, count: i32): void {
  for (let i = 0; i < count; i++, plan += NODE_BYTES) {
    const op = load<i32>(plan);
    const a = <usize>argument(plan, 0);
    const b = <usize>argument(plan, 1);
    const c = <usize>argument(plan, 2);
    const d = argument(plan, 3);
    if (op == 0) recurrentForward(a);
    else if (op == 1) linear(a, b, c, <usize>d, argument(plan, 4), argument(plan, 5), argument(plan, 6));
    else if (op == 2) gatherRows(b, a, c, d, argument(plan, 5));
    else if (op == 3) unary(<i32>a, b, c, d);
    else if (op == 4) binary(<i32>a, b, c, <usize>d, argument(plan, 4));
    else if (op == 5) binaryScalar(<i32>a, b, reinterpret<f32>(<i32>c), <usize>d, argument(plan, 4));
    else if (op == 6) clamp(a, b, <i32>c, reinterpret<f32>(d), reinterpret<f32>(argument(plan, 4)));
    else if (op == 7) softmax(a, b, <i32>c, d, argument(plan, 4), argument(plan, 5));
    else if (op == 8) normalize(a, b, c, <usize>d, argument(plan, 4), argument(plan, 5), load<f32>(plan + 28), 0);
    else convolutionStep(a);
  }
}
