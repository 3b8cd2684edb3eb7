// Bounding gradients before a step, as torch.nn.utils.
import { kernels } from '../engine/engine.js';
import { ValueError } from '../errors.js';
import { elements, type Operand } from '../ops/op.js';
import type { Tensor } from '../tensor/tensor.js';

/**
 * Scales all gradients together so that their common Euclidean norm is at most `maxNorm`.
 * @returns the norm before, Σ in float64.
 * @throws ValueError a norm that is not finite with errorIfNonfinite; gradients are unchanged then.
 */
export function clipGradNorm(
  parameters: Iterable<Tensor>,
  maxNorm: number,
  { errorIfNonfinite = false }: { errorIfNonfinite?: boolean } = {},
): number {
  if (!(maxNorm >= 0)) throw new ValueError(`clipGradNorm: max is ${maxNorm}; expected a number of at least 0`);
  const gradients = gradientsOf(parameters);
  let squares = 0;
  for (const g of gradients) squares += kernels().sumSquares(g.block.ptr, elements(g));
  const norm = Math.sqrt(squares);
  if (errorIfNonfinite && !Number.isFinite(norm))
    throw new ValueError(`clipGradNorm: the norm of the gradients is ${norm}`);
  // torch: max / (norm + 1e-6), at most 1
  const factor = Math.min(1, maxNorm / (norm + 1e-6));
  for (const g of gradients) {
    kernels().scale(g.block.ptr, elements(g), factor);
    g.block.version++;
  }
  return norm;
}

/** Bounds every element of every gradient to [-clipValue, clipValue]. */
export function clipGradValue(parameters: Iterable<Tensor>, clipValue: number): void {
  if (!(clipValue >= 0)) throw new ValueError(`clipGradValue: got ${clipValue}; expected a number of at least 0`);
  for (const g of gradientsOf(parameters)) {
    kernels().clamp(g.block.ptr, g.block.ptr, elements(g), -clipValue, clipValue);
    g.block.version++;
  }
}

function gradientsOf(parameters: Iterable<Tensor>): Operand[] {
  return [...parameters].flatMap((p) => (p.grad ? [p.grad.operand('clip')] : []));
}
