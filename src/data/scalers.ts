// Scaling of features: learned from the training part alone, undone on forecasts. Only + - × ÷ √, so the same bits everywhere.
import { FormatError, ShapeError, ValueError } from '../errors.js';
import { isFlat, readRows, type Series } from './rows.js';

const FORMAT = 'gated-scaler-1';

/** What toJSON() gives: each feature's x ↦ (x - shift) / scale + offset. */
export interface ScalerJSON {
  format: string;
  kind: 'standard' | 'minMax';
  shift: number[];
  scale: number[];
  offset: number;
}

/** x ↦ (x - shift) / scale + offset, feature by feature. */
export abstract class Scaler {
  /** Per feature; empty before fit(). */
  shift: readonly number[] = [];
  scale: readonly number[] = [];
  protected offset = 0;
  protected abstract readonly kind: ScalerJSON['kind'];

  /** [shift, scale] of one feature's values. */
  protected abstract measure(values: readonly number[]): [number, number];

  /** Learns from the training part of a series: numbers [T] or rows [T, F]. Throws ValueError if it is empty or has a value that is not finite. */
  fit(series: Series): this {
    const where = `${this.constructor.name}.fit`;
    const { rows, features } = readRows(where, series);
    if (rows.length === 0 || features === 0) throw new ValueError(`${where}: the series is empty`);
    rows.forEach((row, t) => {
      const bad = row.findIndex((x) => !Number.isFinite(x));
      if (bad >= 0)
        throw new ValueError(`${where}: feature ${bad} of row ${t} is ${row[bad]}; expected a finite number`);
    });
    const measured = Array.from({ length: features }, (_, i) => this.measure(rows.map((row) => row[i])));
    this.shift = measured.map(([shift]) => shift);
    // A feature that never changes has no scale.
    this.scale = measured.map(([, scale]) => scale || 1);
    return this;
  }

  transform(series: ArrayLike<number>): number[];
  transform(series: readonly ArrayLike<number>[]): number[][];
  transform(series: Series): number[] | number[][] {
    return this.each('transform', series, (x, i) => (x - this.shift[i]) / this.scale[i] + this.offset);
  }
  /** Back in the series' own units. */
  inverseTransform(series: ArrayLike<number>): number[];
  inverseTransform(series: readonly ArrayLike<number>[]): number[][];
  inverseTransform(series: Series): number[] | number[][] {
    return this.each('inverseTransform', series, (x, i) => (x - this.offset) * this.scale[i] + this.shift[i]);
  }

  /** The scaler of one feature: for forecasts of that one alone. */
  feature(index: number): this {
    this.checkFitted('feature');
    if (!Number.isInteger(index) || index < 0 || index >= this.shift.length) {
      throw new ValueError(`${this.constructor.name}.feature: got ${index}; expected 0 to ${this.shift.length - 1}`);
    }
    return Object.assign(Object.create(Object.getPrototypeOf(this)), this, {
      shift: [this.shift[index]],
      scale: [this.scale[index]],
    });
  }

  /** Plain JSON; scalerFromJSON reads it. */
  toJSON(): ScalerJSON {
    this.checkFitted('toJSON');
    return { format: FORMAT, kind: this.kind, shift: [...this.shift], scale: [...this.scale], offset: this.offset };
  }

  private each(method: string, series: Series, f: (x: number, feature: number) => number): number[] | number[][] {
    this.checkFitted(method);
    const where = `${this.constructor.name}.${method}`;
    const { rows, features } = readRows(where, series);
    if (rows.length > 0 && features !== this.shift.length) {
      throw new ShapeError(`${where}: rows have ${features} features; expected ${this.shift.length}, as in fit()`);
    }
    const out = rows.map((row) => row.map(f));
    return isFlat(series) ? out.flat() : out;
  }
  private checkFitted(method: string): void {
    if (this.shift.length > 0) return;
    throw new ValueError(`${this.constructor.name}.${method}: nothing was learned yet; expected fit() before`);
  }
}

/** To mean 0 and variance 1: (x - mean) / std, the std over all values (divided by their number), as scikit-learn's. */
export class StandardScaler extends Scaler {
  static override readonly name: string = 'StandardScaler';
  protected readonly kind = 'standard';
  protected measure(values: readonly number[]): [number, number] {
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    // Products, not powers: engines differ in those.
    const squares = values.map((x) => (x - mean) * (x - mean));
    return [mean, Math.sqrt(squares.reduce((sum, x) => sum + x, 0) / values.length)];
  }
}

export interface MinMaxOptions {
  /** What the least and the greatest value become. Default [0, 1]. */
  featureRange?: readonly [number, number];
}

/** To a range: what was the least becomes its first end, the greatest its second. Later values may lie outside. As scikit-learn's. */
export class MinMaxScaler extends Scaler {
  static override readonly name: string = 'MinMaxScaler';
  protected readonly kind = 'minMax';
  private readonly span: number;

  constructor({ featureRange: [low, high] = [0, 1] }: MinMaxOptions = {}) {
    super();
    if (!(low < high && Number.isFinite(high - low))) {
      throw new ValueError(`MinMaxScaler: featureRange is [${low}, ${high}]; expected a first end below the second`);
    }
    this.offset = low;
    this.span = high - low;
  }
  protected measure(values: readonly number[]): [number, number] {
    const least = values.reduce((a, b) => Math.min(a, b));
    return [least, (values.reduce((a, b) => Math.max(a, b)) - least) / this.span];
  }
}

/** The scaler that toJSON() described. Throws FormatError for anything else. */
export function scalerFromJSON(json: unknown): StandardScaler | MinMaxScaler {
  const { format, kind, shift, scale, offset } = (json ?? {}) as Partial<ScalerJSON>;
  if (format !== FORMAT) throw new FormatError(`scaler: format is ${String(format)}; expected ${FORMAT}`);
  if (kind !== 'standard' && kind !== 'minMax') throw new FormatError(`scaler: kind is ${String(kind)}`);
  const numbers = (x: unknown) => Array.isArray(x) && x.length > 0 && x.every(Number.isFinite);
  if (!numbers(shift) || !numbers(scale) || shift!.length !== scale!.length || !scale!.every((x) => x > 0)) {
    throw new FormatError('scaler: expected as many finite shifts as scales above 0');
  }
  if (!Number.isFinite(offset)) throw new FormatError(`scaler: offset is ${String(offset)}; expected a finite number`);
  const scaler = kind === 'standard' ? new StandardScaler() : new MinMaxScaler();
  return Object.assign(scaler, { shift: [...shift!], scale: [...scale!], offset });
}
