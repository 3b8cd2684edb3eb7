import { PackedSequence } from '../tensor/packed-sequence.js';
import { Tensor } from '../tensor/tensor.js';

/**
 * A module's result with every tensor as a flat typed array. A recurrent layer's output, Tensor or PackedSequence by its
 * input, is typed as for a Tensor; for a PackedSequence it is { data, batchSizes }.
 */
export type Plain<T> = unknown extends T
  ? T
  : Tensor extends T
    ? Float32Array<ArrayBuffer>
    : T extends PackedSequence
      ? { data: Float32Array<ArrayBuffer>; batchSizes: Int32Array }
      : T extends readonly unknown[] | Record<string, unknown>
        ? { [K in keyof T]: Plain<T[K]> }
        : T;

/** Replaces tensors by their elements through arrays and plain objects. */
export function toPlain(x: unknown): unknown {
  if (x instanceof Tensor) return x.data();
  if (x instanceof PackedSequence) return { data: x.data.data(), batchSizes: x.batchSizes };
  if (Array.isArray(x)) return x.map(toPlain);
  if (x instanceof Map) return new Map([...x].map(([key, value]) => [key, toPlain(value)]));
  if (typeof x === 'object' && x !== null && Object.getPrototypeOf(x) === Object.prototype) {
    return Object.fromEntries(Object.entries(x).map(([key, value]) => [key, toPlain(value)]));
  }
  return x;
}
