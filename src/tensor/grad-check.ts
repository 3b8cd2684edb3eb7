import { ValueError } from '../errors.js';
import type { TensorBase } from './base.js';
import { tensor } from './create.js';
import { noGrad } from './grad-mode.js';
import { scope } from './scope.js';
import type { Tensor } from './tensor.js';

export interface GradCheckOptions {
  /** How far each element is moved both ways. Default 2^-7: the rounding of float32 results then costs about 1e-5 of the quotient. */
  eps?: number;
  /** Largest difference that passes: max(atol, rtol · largest gradient of that input). Both default to 2e-3. */
  atol?: number;
  rtol?: number;
  /** false: a difference gives false instead of an error. Default true. */
  raiseException?: boolean;
}

/**
 * Whether backward() agrees with central differences of the forward pass, as torch.autograd.gradcheck, in float32:
 *
 *     (s(x + eps) - s(x - eps)) / 2·eps,   s = Σ results · fixed pseudo-random weights, summed in float64
 *
 * For operations and modules of one's own: `gradCheck((x) => model.forward(x), [x, ...model.parameters()])`.
 * @param fn gives one or several tensors, the same ones each time: seed what draws random numbers inside.
 * @param inputs those with requiresGrad are checked; values and .grad are as before afterwards.
 * @throws ValueError a difference, and where; no input has requiresGrad.
 */
export function gradCheck(
  fn: (...inputs: Tensor[]) => Tensor | readonly Tensor[],
  inputs: readonly Tensor[],
  { eps = 2 ** -7, atol = 2e-3, rtol = 2e-3, raiseException = true }: GradCheckOptions = {},
): boolean {
  const checked = inputs.filter((x) => x.requiresGrad);
  if (checked.length === 0) throw new ValueError('gradCheck: no input has requiresGrad; expected at least one');
  const run = () => [fn(...inputs)].flat() as Tensor[];
  const gradients = gradientsOf(run, checked);
  for (const [k, x] of checked.entries()) {
    const numeric = differences(() => noGrad(() => scope(() => projection(run()))), x, eps);
    const largest = numeric.reduce((most, d) => Math.max(most, Math.abs(d)), 0);
    const wrong = numeric.findIndex((d, i) => !(Math.abs(gradients[k][i] - d) <= Math.max(atol, rtol * largest)));
    if (wrong < 0) continue;
    if (!raiseException) return false;
    throw new ValueError(
      `gradCheck: input ${inputs.indexOf(x)}, element ${wrong}: backward gives ${gradients[k][wrong]}, differences ${numeric[wrong]}`,
    );
  }
  return true;
}

/** The gradients of the projection. */
function gradientsOf(run: () => Tensor[], inputs: readonly Tensor[]): ArrayLike<number>[] {
  return keepingGrads(inputs, () => {
    scope(() => {
      const parts = run().map((r, i) => r.mul(tensor(weights(r.size, i), r.shape)).sum());
      parts.reduce((a, b) => a.add(b)).backward();
    });
    return inputs.map((x) => x.grad?.data() ?? new Float32Array(x.size));
  });
}

/** fn with `.grad` of these tensors empty; afterwards they are what they were. */
export function keepingGrads<R>(tensors: Iterable<TensorBase>, fn: () => R): R {
  const held = Array.from(tensors, (x) => [x, x.releaseGrad()] as const);
  try {
    return fn();
  } finally {
    for (const [x, grad] of held) x.grad = grad;
  }
}

function differences(value: () => number, x: Tensor, eps: number): Float64Array {
  const exact = x.data() as Float32Array;
  const at = (i: number, moved: number) => {
    const values = exact.slice();
    values[i] = moved;
    x.set(values);
    return value();
  };
  try {
    return Float64Array.from(exact, (v, i) => {
      // The step that float32 really takes.
      const [high, low] = [Math.fround(v + eps), Math.fround(v - eps)];
      return (at(i, high) - at(i, low)) / (high - low);
    });
  } finally {
    x.set(exact);
  }
}

function projection(results: readonly Tensor[]): number {
  return results.reduce((sum, r, i) => {
    const w = weights(r.size, i);
    return (r.data() as Float32Array).reduce((s, x, j) => s + x * w[j], sum);
  }, 0);
}

/** Between -1 and 1, without touching the generator that a seeded run draws from. */
function weights(n: number, seed: number): Float32Array {
  let bits = seed + 1;
  return Float32Array.from({ length: n }, () => {
    bits = (Math.imul(bits, 1664525) + 1013904223) >>> 0;
    return bits / 2 ** 31 - 1;
  });
}
