// The folder of real models (GATED_MODELS, or shared/models beside the checkout): data, never part of the repository.
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { load } from '../../src/formats/safetensors.js';
import { type Tensor, tensor } from '../../src/index.js';

const folder = process.env.GATED_MODELS ?? new URL('../../../shared/models', import.meta.url).pathname;

/** A suite about one model's folder; skipped under its name where the folder is absent. */
export function describeModel(name: string, tests: () => void): void {
  describe.skipIf(!existsSync(`${folder}/${name}`))(name, tests);
}

// biome-ignore lint/suspicious/noExplicitAny: every file has a form of its own
export const json = (path: string): any => JSON.parse(readFileSync(`${folder}/${path}`, 'utf8'));
export const safetensors = (path: string) => load(readFileSync(`${folder}/${path}`));
export const text = (path: string) => readFileSync(`${folder}/${path}`, 'utf8');

/** A file's tensor as one of ours. */
export function tensorOf(file: ReturnType<typeof load>, name: string): Tensor {
  const { data, shape } = file.get(name)!;
  return tensor(data as Float32Array, shape);
}

/** Every element within `bound` of the golden one (of the larger of 1 and its size). */
export function expectNear(got: ArrayLike<number>, golden: ArrayLike<number>, what: string, bound = 1e-4): void {
  expect(got.length, what).toBe(golden.length);
  let worst = 0;
  for (let i = 0; i < golden.length; i++) {
    const error = Math.abs(got[i] - golden[i]) / Math.max(1, Math.abs(golden[i]));
    // Not Math.max: it would hide NaN.
    if (!(error <= worst)) worst = error;
  }
  expect(worst, what).toBeLessThanOrEqual(bound);
}
