// How strongly a loss depends on the hidden state of each step: the vanishing gradient, seen.
import { f32 } from '../engine/memory.js';
import { ValueError } from '../errors.js';
import { elements, type Operand } from '../ops/op.js';
import { type RecurrentAttributes, recurrentLayer } from '../ops/recurrent-layer.js';
import { TensorBase } from '../tensor/base.js';
import { concat, tensor, zeros } from '../tensor/create.js';
import { PackedSequence } from '../tensor/packed-sequence.js';
import { unpackSequence } from '../tensor/pad-sequence.js';
import { collect, type Synchronous, scope } from '../tensor/scope.js';
import type { Tensor, TensorLike } from '../tensor/tensor.js';
import type { Module } from './module.js';
import { RecurrentBase } from './recurrent.js';

/** One layer and direction of one recurrent module. */
export interface GradientFlow {
  /** The module's name in the model: '0' in a Sequential, '' if it is the model. */
  module: string;
  layer: number;
  direction: 'forward' | 'reverse';
  /** ‖∂loss/∂h_t‖ at [t], t in the order of time also in the reverse direction; over all rows and units, as √(Σ g²). */
  norms: Float64Array;
}

export interface GradientFlowOptions<Output> {
  /** What is differentiated: one element. Default: the sum of the output's last step (of each row's, packed), or of an output without steps. */
  loss?: (output: Output) => Tensor;
  /** forward's second argument. */
  state?: unknown;
}

type Apply = RecurrentBase['applyLayer'];

/**
 * ‖∂loss/∂h_t‖ for every step of every RNN, LSTM and GRU in the model, from the real backward pass: the layers run step by step with
 * the same kernels, and the gradient of an h_t counts every way on: its own output, the layers above and all later steps.
 *
 *     const [{ norms }] = gradientFlow(new RNN({ inputSize: 8, hiddenSize: 32 }), randn([50, 1, 8]));
 *     norms[0] / norms[49]; // how much of the gradient is left after 50 steps
 *
 * Runs in eval mode; weights, every .grad and modes are as before afterwards.
 * @param input what forward takes; batches of different lengths as a PackedSequence (h_t of the rows still running at t).
 * @returns a list in the order of modules, layers and directions; a module called twice is there twice.
 * @throws ValueError the model ran no recurrent module; GraphError the loss depends on none.
 */
export function gradientFlow<M extends Module>(
  model: M,
  input: TensorLike | PackedSequence,
  { loss, state }: GradientFlowOptions<ReturnType<M['forward']>> = {},
): GradientFlow[] {
  const names = new Map([...model.namedModules()].map(([name, module]) => [module, name]));
  const flows: GradientFlow[] = [];
  let last: (output: unknown) => Tensor;
  const apply: Apply = function (this: RecurrentBase, inputs, attributes, layer) {
    last = (output) => lastStep(output, attributes, this.batchFirst);
    const results = Array.from({ length: attributes.directions }, (_, d) => {
      const norms = new Float64Array(attributes.steps);
      flows.push({ module: names.get(this)!, layer, direction: d ? 'reverse' : 'forward', norms });
      return runDirection(inputs, attributes, d, norms);
    });
    return results[0].map((_, k) =>
      concat(
        results.map((r) => r[k]),
        k === 0 ? 1 : 0,
      ),
    );
  };
  return model.evaluating(() =>
    untouched([model.parameters(), input, state], () => {
      const output = stepping(apply, () => model.forward(input, state)) as ReturnType<M['forward']>;
      if (flows.length === 0) throw new ValueError('gradientFlow: model ran no RNN, LSTM or GRU');
      (loss ?? last)(output).backward();
      return flows;
    }),
  );
}

/** fn in a scope, with what `.grad` of these tensors holds put back afterwards. */
function untouched<R>(outside: unknown, fn: () => Synchronous<R>): R {
  const tensors = [...collect(outside)];
  const held = tensors.map((x) => x.releaseGrad());
  try {
    return scope(fn);
  } finally {
    tensors.forEach((x, i) => {
      x.grad = held[i];
    });
  }
}

/** fn with the layers of every recurrent module run by `apply`. */
function stepping<R>(apply: Apply, fn: () => R): R {
  const { prototype } = RecurrentBase;
  const { applyLayer } = prototype;
  prototype.applyLayer = apply;
  try {
    return fn();
  } finally {
    prototype.applyLayer = applyLayer;
  }
}

/** recurrentLayer as one node a step: output, hN and cN as it gives them. Backward writes norms. */
function runDirection(
  [x, h0, c0, _mask, ...weights]: Parameters<Apply>[0],
  attributes: RecurrentAttributes,
  d: number,
  norms: Float64Array,
): Tensor[] {
  const { directions, steps, batch, hiddenSize, projSize, kind } = attributes;
  const own = weights.slice((d * weights.length) / directions, ((d + 1) * weights.length) / directions);
  const first = (given: Tensor | null, size: number) => {
    // Asks for a gradient, so that every step is recorded whatever the weights and the input do.
    const zero = zeros([1, batch, size], { requiresGrad: true });
    return given ? given.slice(0, d, d + 1).add(zero) : zero;
  };
  let state = [first(h0, projSize || hiddenSize), ...(kind === 'lstm' ? [first(c0, hiddenSize)] : [])];
  const sizes = x!.make(attributes.batchSizes, { madeBy: 'batch sizes' }).data();
  const states: Tensor[] = [];
  let row = d ? x!.shape[0] : 0;
  for (let i = 0; i < steps; i++) {
    const t = d ? steps - 1 - i : i;
    const n = sizes[t];
    if (d) row -= n;
    const [h, c = null] = state.map((s) => s.slice(1, 0, n));
    const step = {
      ...attributes,
      directions: 1 as const,
      steps: 1,
      batch: n,
      batchSizes: tensor(Int32Array.of(n)).operand(''),
    };
    const [, ...next] = TensorBase.apply(recurrentLayer, [x!.slice(0, row, row + n), h, c, null, ...own], step);
    states[t] = next[0];
    // Not retainGrad(): the scope of forward() ends before backward.
    states[t].giveGrad({
      shape: [],
      disposed: false,
      addGradient: (total) => {
        norms[t] = norm(total);
      },
    });
    // Rows that have ended, or (in reverse) not begun, keep their state.
    state = next.map((s, k) => (n < batch ? concat([s, state[k].slice(1, n)], 1) : s));
    if (!d) row += n;
  }
  return [concat(states, 1).squeeze(0), ...state];
}

/** The sum over the last step of an output with steps, of each row where it is packed; over all of another output. */
function lastStep(result: unknown, { steps, batch }: RecurrentAttributes, batchFirst: boolean): Tensor {
  const [output] = [result].flat() as (Tensor | PackedSequence)[];
  if (output instanceof PackedSequence) return concat(unpackSequence(output).map((row) => row.slice(0, -1))).sum();
  const { length: rank } = output.shape;
  const dim = rank > 2 && batchFirst ? 1 : 0;
  return (output.shape[dim] === steps && (rank > 2 || batch < 2) ? output.select(dim, -1) : output).sum();
}

function norm(gradient: Operand): number {
  let sum = 0;
  const start = gradient.block.ptr >>> 2;
  for (const g of f32.subarray(start, start + elements(gradient))) sum += g * g;
  return Math.sqrt(sum);
}
