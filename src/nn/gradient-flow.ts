// How strongly a loss depends on the hidden state of each step: the vanishing gradient, seen.
import { type RecurrentAttributes, recurrentLayer } from '../ops/recurrent-layer.js';
import { TensorBase } from '../tensor/base.js';
import { concat, zeros } from '../tensor/create.js';
import { keepingGrads } from '../tensor/grad-check.js';
import { PackedSequence } from '../tensor/packed-sequence.js';
import { unpackSequence } from '../tensor/pad-sequence.js';
import { collect, scope } from '../tensor/scope.js';
import { currentScope } from '../tensor/scope-stack.js';
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

type ApplyLayer = RecurrentBase['applyLayer'];

/**
 * ‖∂loss/∂h_t‖ for every step of every RNN, LSTM and GRU in the model, from the real backward pass: the layers run step by step with
 * the same kernels, and the gradient of an h_t counts every way on: its own output, the layers above and all later steps.
 *
 *     const [{ norms }] = gradientFlow(new RNN({ inputSize: 8, hiddenSize: 32 }), randn([50, 1, 8]));
 *     norms[0] / norms[49]; // how much of the gradient is left after 50 steps
 *
 * Runs in eval mode; weights, every .grad and modes are as before afterwards.
 * @param input what forward takes; batches of different lengths as a PackedSequence (h_t of the rows still running at t).
 * @returns a list in the order of modules, layers and directions; a module called twice is there twice, cells are not.
 * @throws GraphError the loss depends on nothing that has a gradient.
 */
export function gradientFlow<M extends Module>(
  model: M,
  input: TensorLike | PackedSequence,
  { loss, state }: GradientFlowOptions<ReturnType<M['forward']>> = {},
): GradientFlow[] {
  const names = new Map([...model.namedModules()].map(([name, module]) => [module, name]));
  const flows: (Omit<GradientFlow, 'norms'> & { states: Tensor[] })[] = [];
  const run = () => {
    const outer = currentScope();
    let last: (output: unknown) => Tensor;
    const apply: ApplyLayer = function (this: RecurrentBase, [x, ...others], attributes, layer) {
      const inputs = [x!.flatten(0, -2), ...others];
      last = (output) => lastStep(output, attributes, this.batchFirst);
      const results = Array.from({ length: attributes.directions }, (_, d) => {
        const [states, final] = runDirection(inputs, attributes, d);
        flows.push({ module: names.get(this)!, layer, direction: d ? 'reverse' : 'forward', states });
        // The scope of forward() ends before backward.
        for (const h of states) h.moveTo(outer);
        return [concat(states, 1).squeeze(0), ...final];
      });
      const [output, ...states] = results[0].map((_, k) =>
        concat(
          results.map((r) => r[k]),
          k ? 0 : 1,
        ),
      );
      return [output.reshape([...x!.shape.slice(0, -1), -1]), ...states];
    };
    const output = stepping(apply, () => model.forward(input, state)) as ReturnType<M['forward']>;
    if (flows.length > 0) (loss ?? last!)(output).backward();
    return flows.map(({ states, ...at }) => ({ ...at, norms: Float64Array.from(states, norm) }));
  };
  return keepingGrads(collect([model.parameters(), input, state]), () => model.evaluating(() => scope(run)));
}

/** fn with the layers of every recurrent module run by `apply`. */
function stepping<R>(apply: ApplyLayer, fn: () => R): R {
  const { prototype } = RecurrentBase;
  const { applyLayer } = prototype;
  prototype.applyLayer = apply;
  try {
    return fn();
  } finally {
    prototype.applyLayer = applyLayer;
  }
}

/** recurrentLayer as one node a step: every h_t [1, rows running, S], and the state [h, c] after the last. */
function runDirection(
  [x, h0, c0, , ...weights]: Parameters<ApplyLayer>[0],
  attributes: RecurrentAttributes,
  d: number,
): [Tensor[], Tensor[]] {
  const { batch, directions, hiddenSize, projSize, kind } = attributes;
  const count = weights.length / directions;
  const first = (given: Tensor | null, size: number) => {
    // Asks for a gradient, so that every step is recorded whatever the weights and the input do.
    const zero = zeros([1, batch, size], { requiresGrad: true });
    return given ? given.slice(0, d, d + 1).add(zero) : zero;
  };
  let state = [first(h0, projSize || hiddenSize), ...(kind === 'lstm' ? [first(c0, hiddenSize)] : [])];
  const packed = attributes.batchSizes && x!.make(attributes.batchSizes, { madeBy: 'batch sizes' });
  const sizes = packed?.data() ?? new Int32Array(attributes.steps).fill(batch);
  const states: Tensor[] = [];
  let row = d ? x!.shape[0] : 0;
  for (const t of d ? [...sizes.keys()].reverse() : sizes.keys()) {
    const n = sizes[t];
    if (d) row -= n;
    const [h, c = null] = state.map((s) => s.slice(1, 0, n));
    const inputs = [x!.slice(0, row, row + n), h, c, null, ...weights.slice(d * count, d * count + count)];
    const step = { ...attributes, directions: 1 as const, steps: 1, batch: n, batchSizes: null };
    const [, ...next] = TensorBase.apply(recurrentLayer, inputs, step);
    states[t] = next[0];
    next[0].retainGrad();
    // Rows that have ended, or (in reverse) not begun, keep their state.
    state = next.map((s, k) => (n < batch ? concat([s, state[k].slice(1, n)], 1) : s));
    if (!d) row += n;
  }
  return [states, state];
}

/** The sum over the last step of an output with steps, of each row where it is packed; over all of another output. */
function lastStep(result: unknown, { steps, batch }: RecurrentAttributes, batchFirst: boolean): Tensor {
  const [output] = [result].flat() as (Tensor | PackedSequence)[];
  if (output instanceof PackedSequence) return concat(unpackSequence(output).map((row) => row.slice(0, -1))).sum();
  const { length: rank } = output.shape;
  const dim = rank > 2 && batchFirst ? 1 : 0;
  return (output.shape[dim] === steps && (rank > 2 || batch < 2) ? output.select(dim, -1) : output).sum();
}

function norm({ grad }: Tensor): number {
  let sum = 0;
  for (const g of grad?.data() ?? []) sum += g * g;
  return Math.sqrt(sum);
}
