// torch.nn.utils.weight_norm: a weight as length times direction.
import type { Block } from '../engine/memory.js';
import { ValueError } from '../errors.js';
import { normalizeDim } from '../shape.js';
import { parameter } from '../tensor/create.js';
import { gradEnabled, noGrad } from '../tensor/grad-mode.js';
import { scope } from '../tensor/scope.js';
import { Tensor } from '../tensor/tensor.js';
import type { Module } from './module.js';

/**
 * Weight normalisation (Salimans & Kingma 2016), as torch.nn.utils.weight_norm: the parameter `name` of a module becomes two,
 *
 *     weight = weight_g · weight_v / ‖weight_v‖
 *
 * {name}_g, the norms over every dimension but `dim` ([out, 1, …] for 0; a scalar, the norm of all, for null and, as in torch, -1), and {name}_v,
 * which is the parameter there was. module[name] is computed anew for every forward() that records gradients and whenever g or v changed; the
 * tensor it gives lives until then.
 * @returns the module. @throws ValueError no such parameter, or a dim out of range.
 */
export function weightNorm<M extends Module>(module: M, name = 'weight', dim: number | null = 0): M {
  const own = module as unknown as Record<string, Tensor>;
  const first = own[name];
  if (!(first instanceof Tensor && first.isParameter)) throw missing('weightNorm', module, name);
  const along = dim === null || dim === -1 ? null : normalizeDim(dim, first.shape.length, 'weightNorm');
  const held = `_${name}`;
  let seen: readonly Block[] = [];
  let versions = 0;
  // Each forward has a graph of its own, so that backward through one leaves the others alone.
  let stale = true;
  const g = noGrad(() => scope(() => parameter(norm(first, along))));
  delete own[name];
  own[`${name}_g`] = g;
  own[`${name}_v`] = first;
  Object.defineProperty(module, name, {
    configurable: true,
    get() {
      const length = own[`${name}_g`];
      const direction = own[`${name}_v`];
      const a = length.operand('weightNorm').block;
      const b = direction.operand('weightNorm').block;
      if (stale || a !== seen[0] || b !== seen[1] || a.version + b.version !== versions) {
        const weight = scope(() => direction.mul(length.div(norm(direction, along))));
        own[held]?.dispose();
        module.registerBuffer(held, weight, { persistent: false });
        seen = [a, b];
        versions = a.version + b.version;
        stale = false;
      }
      return own[held];
    },
  });
  const { forward } = module;
  (module as Module).forward = (...args) => {
    stale ||= gradEnabled();
    return forward.apply(module, args);
  };
  return module;
}

/** Undoes weightNorm: {name}_v becomes the parameter again, with the weight's value of now. Throws ValueError. */
export function removeWeightNorm<M extends Module>(module: M, name = 'weight'): M {
  const own = module as unknown as Record<string, Tensor>;
  if (!Object.getOwnPropertyDescriptor(module, name)?.get) throw missing('removeWeightNorm', module, name);
  const direction = own[`${name}_v`].set(own[name]);
  for (const part of [`_${name}`, `${name}_g`]) own[part].dispose();
  for (const part of [name, `_${name}`, `${name}_g`, `${name}_v`]) delete own[part];
  own[name] = direction;
  return module;
}

/** ‖v‖ over every dimension but `dim`, which stay with size 1; over all of them without one. */
function norm(v: Tensor, dim: number | null): Tensor {
  const squares = v.mul(v);
  if (dim === null) return squares.sum().sqrt();
  return v.shape.reduce((sum, _, d) => (d === dim ? sum : sum.sum(d, true)), squares as Tensor).sqrt();
}

function missing(where: string, module: Module, name: string): ValueError {
  return new ValueError(
    `${where}: ${module.constructor.name} has no ${where === 'weightNorm' ? 'parameter' : 'weightNorm of'} '${name}'`,
  );
}
