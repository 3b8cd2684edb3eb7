import { kernels } from '../engine/engine.js';
import { PLAN_OPS } from '../engine/kernels.js';
import { i32 } from '../engine/memory.js';
import { pointerTo } from '../ops/op.js';
import type { Tensor } from '../tensor/tensor.js';
import type { NodeStreamLayer } from './layer.js';

interface CausalConvolution {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: number;
  readonly dilation: number;
  readonly groups: number;
  readonly weight: Tensor;
  readonly bias: Tensor | null;
}

/**
 * A causal convolution frame by frame. Its state '….frames' is [batch, (kernelSize - 1) · dilation · inChannels]: the frames before
 * the next one, oldest first.
 */
export function convolutionNode(layer: CausalConvolution): NodeStreamLayer {
  const { inChannels: C, outChannels: Co, kernelSize: taps, dilation, groups } = layer;
  const before = (taps - 1) * dilation;
  const [n, k] = [Co / groups, (C / groups) * taps];
  return {
    type: 'node',
    name: 'conv',
    kind: 'Conv1d',
    inputSize: C,
    build(plan, x, { name, kind }) {
      const { batch } = plan;
      const bytes = kernels().packedBytes(n, k);
      const frames = before ? plan.state({ name, kind }, 'frames', before * C).ptr : 0;
      const [columns, packed, y, args] = [batch * C * taps, (groups * bytes) / 4, batch * Co, 12].map((count) =>
        plan.floats(count, 'stream'),
      );
      const at = args.ptr >>> 2;
      // CONVOLUTION_FIELDS
      i32.set([x.ptr, frames, columns.ptr, packed.ptr, 0, y.ptr, batch, C, taps, dilation, groups, Co], at);
      plan.node(PLAN_OPS.convolution, [args.ptr]);
      plan.rowWords.push({ at: at + 6, each: 1 });
      plan.watch(() => layer.weight);
      plan.watch(() => layer.bias);
      plan.refreshers.push(() => {
        const weight = pointerTo(layer.weight.operand('stream'), [Co, C / groups, taps], kind);
        for (let g = 0; g < groups; g++) {
          kernels().packTransposed(weight + g * n * k * 4, k, n, k, packed.ptr + g * bytes);
        }
        i32[at + 4] = pointerTo(layer.bias?.operand('stream'), [Co], kind);
      });
      return [y, Co];
    },
  };
}
