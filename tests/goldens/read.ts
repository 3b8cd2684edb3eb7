// Reads the goldens that make.py writes (its head describes the layout), and judges results by the design's bound.
import { expect } from 'vitest';
import { type Tensor, tensor } from '../../src/index.js';
import { goldenFile } from './files.js';

/** [dtype, byte offset, shape, largest error of PyTorch's own float32 run]. */
export type Entry = ['f32' | 'f64' | 'i32', number, number[], number?];

export interface Golden {
  shape: number[];
  data: Float32Array | Float64Array | Int32Array;
  /** Of results only. */
  eTorch: number;
}

export class Goldens<Case> {
  readonly cases: Case[];
  private readonly bytes: ArrayBuffer;

  constructor(name: string) {
    const { cases, bytes } = goldenFile(name);
    this.cases = cases as Case[];
    this.bytes = bytes.slice().buffer;
  }
  read([dtype, offset, shape, eTorch = 0]: Entry): Golden {
    const count = shape.reduce((a, b) => a * b, 1);
    const Store = { f32: Float32Array, f64: Float64Array, i32: Int32Array }[dtype];
    const size = count * Store.BYTES_PER_ELEMENT;
    return { shape, data: new Store(this.bytes.slice(offset, offset + size)), eTorch };
  }
  tensor(entry: Entry, requiresGrad = false): Tensor {
    const { data, shape } = this.read(entry);
    return tensor(data as Float32Array, { shape, requiresGrad });
  }
  record(entries: Record<string, Entry>): Record<string, Golden> {
    return Object.fromEntries(Object.entries(entries).map(([name, entry]) => [name, this.read(entry)]));
  }
}

export interface RecurrentCase {
  name: string;
  kind: 'rnn' | 'relu' | 'lstm' | 'gru';
  inputSize: number;
  hiddenSize: number;
  numLayers: number;
  bias: boolean;
  batchFirst: boolean;
  bidirectional: boolean;
  projSize: number;
  lengths: number[] | null;
  /** Options that PyTorch has not (variants). */
  more?: { resetAfter?: boolean; peepholes?: boolean; trainableInitialState?: boolean };
  weights: Record<string, Entry>;
  input: Entry;
  state: Entry[];
  upstream: Entry[];
  results: Record<string, Entry>;
}

/** Ratios of our error to PyTorch's, over everything compared in one file. */
export class Ratios {
  private readonly list: number[] = [];

  /** The design's bound (section 5): error against float64 at most 2·eTorch + 2^-22·max|reference|. */
  compare(
    name: string,
    got: { shape: readonly number[]; data(): ArrayLike<number> },
    { shape, data, eTorch }: Golden,
  ): void {
    expect(got.shape, name).toEqual(shape);
    const values = got.data();
    let error = 0;
    let largest = 0;
    for (let i = 0; i < data.length; i++) {
      // Not Math.max: it would hide NaN.
      if (!(Math.abs(values[i] - data[i]) <= error)) error = Math.abs(values[i] - data[i]);
      largest = Math.max(largest, Math.abs(data[i]));
    }
    const bound = 2 * eTorch + 2 ** -22 * largest;
    expect(error, `${name}: error ${error}, PyTorch's ${eTorch}, largest value ${largest}`).toBeLessThanOrEqual(bound);
    if (eTorch > 0) this.list.push(error / eTorch);
  }
  median(): number {
    return this.list.sort((a, b) => a - b)[this.list.length >> 1];
  }
}
