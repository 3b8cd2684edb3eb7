import { PackedSequence } from '../tensor/packed-sequence.js';
import { Tensor } from '../tensor/tensor.js';

/** A PackedSequence with its data as a flat typed array. */
export type PlainPacked = Omit<PackedSequence, 'data' | 'dispose' | symbol> & { data: Float32Array<ArrayBuffer> };

/**
 * A module's result with every tensor as a flat typed array. A recurrent layer gives packed for packed: where the result may be
 * either, the first argument's type I decides.
 */
export type Plain<T, I = unknown> = unknown extends T
  ? T
  : Tensor extends T
    ? PackedSequence extends T
      ? I extends PackedSequence
        ? PlainPacked
        : Float32Array<ArrayBuffer>
      : Float32Array<ArrayBuffer>
    : T extends PackedSequence
      ? PlainPacked
      : T extends readonly unknown[] | Record<string, unknown>
        ? { [K in keyof T]: Plain<T[K], I> }
        : T;

/** Replaces tensors by their elements through arrays and plain objects. */
export function toPlain(x: unknown): unknown {
  if (x instanceof Tensor) return x.data();
  if (x instanceof PackedSequence) return { ...x, data: x.data.data() };
  if (Array.isArray(x)) return x.map(toPlain);
  if (x instanceof Map) return new Map([...x].map(([key, value]) => [key, toPlain(value)]));
  if (typeof x === 'object' && x !== null && Object.getPrototypeOf(x) === Object.prototype) {
    return Object.fromEntries(Object.entries(x).map(([key, value]) => [key, toPlain(value)]));
  }
  return x;
}
