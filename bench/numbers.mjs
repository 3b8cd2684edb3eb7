// Which numbers does a case run on? Weights and inputs, the same for every opponent and every run.
import { directionsOf, gatesOf, inputOf, productsOf, STREAM_STEPS } from './cases.mjs';

/** n numbers in [-scale, scale): a linear congruence (Numerical Recipes, 7.1). */
export function numbers(n, seed, scale = 1) {
  let x = seed;
  return Float32Array.from({ length: n }, () => {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    return (x / 2 ** 31 - 1) * scale;
  });
}

/**
 * { name: { shape, data } }: weights by PyTorch's names, `linear.…` on top where there are classes, `x` [steps, batch, inputSize], and to train
 * `dy`, the gradient of the output, or `targets`. A gemm case: `a.i`, `b.i` of product i.
 */
export function numbersOf(spec, of) {
  let seed = 1;
  const tensors = {};
  const add = (name, shape, scale) => {
    tensors[name] = {
      shape,
      data: numbers(
        shape.reduce((a, b) => a * b, 1),
        seed++ * 7919,
        scale,
      ),
    };
  };
  if (of) {
    productsOf(of).forEach(({ kind, m, n, k }, i) => {
      add(`a.${i}`, kind === 'weights' ? [k, m] : [m, k]);
      add(`b.${i}`, kind === 'forward' ? [n, k] : [k, n]);
    });
    return tensors;
  }
  const { hiddenSize: H, numLayers, batch, classes } = spec;
  const [width, scale, D] = [gatesOf(spec) * H, 1 / Math.sqrt(H), directionsOf(spec)];
  for (let layer = 0; layer < numLayers; layer++) {
    for (const suffix of ['', '_reverse'].slice(0, D)) {
      add(`weight_ih_l${layer}${suffix}`, [width, inputOf(spec, layer)], scale);
      add(`weight_hh_l${layer}${suffix}`, [width, H], scale);
      for (const bias of ['bias_ih', 'bias_hh']) add(`${bias}_l${layer}${suffix}`, [width], scale);
    }
  }
  const steps = spec.mode === 'stream' ? STREAM_STEPS : spec.steps;
  if (classes) {
    add('linear.weight', [classes, D * H], scale);
    add('linear.bias', [classes], scale);
    const ids = (s) => Int32Array.from(numbers(steps * batch, s), (u) => Math.floor(((u + 1) / 2) * classes));
    tensors.x = { shape: [steps, batch, classes], data: oneHot(ids(seed++), classes) };
    tensors.targets = { shape: [steps, batch], data: ids(seed++) };
  } else {
    add('x', [steps, batch, spec.inputSize]);
    if (spec.mode === 'train') add('dy', [steps, batch, D * H]);
  }
  return tensors;
}

function oneHot(ids, classes) {
  const x = new Float32Array(ids.length * classes);
  ids.forEach((id, row) => {
    x[row * classes + id] = 1;
  });
  return x;
}

/** Names of the weights, as PyTorch lists them. */
export const weightNames = (tensors) => Object.keys(tensors).filter((name) => /^(weight|bias|linear)/.test(name));
