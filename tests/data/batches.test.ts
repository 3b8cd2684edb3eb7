// Batches by length, sliding windows, scalers.
import { describe, expect, test } from 'vitest';
import { bucketBatches, MinMaxScaler, StandardScaler, scalerFromJSON, slidingWindows } from '../../src/data/index.js';
import { FormatError, ShapeError, ValueError } from '../../src/errors.js';
import {
  Adam,
  type Batch,
  type Dataset,
  type Example,
  evaluate,
  type FitOptions,
  fit,
  GRU,
  Linear,
  Module,
  manualSeed,
  mseLoss,
  rand,
  type TensorLike,
} from '../../src/index.js';

function drawn(n: number, seed: number): number[] {
  manualSeed(seed);
  const numbers = rand([n]);
  const list = [...(numbers.data() as Float32Array)];
  numbers.dispose();
  return list;
}
/** Lengths from 1 to 60, many short ones; an example's tokens are its number plus 1. */
const EXAMPLES: Example[] = drawn(1000, 4).map((x, i) => ({
  input: new Array(1 + Math.floor(60 * x * x)).fill(i + 1),
  target: i,
}));
const ascending = (xs: readonly number[]) => [...xs].sort((a, b) => a - b);
const batchesOf = (data: Dataset) => Array.from({ length: data.length }, (_, i) => data.at(i)!);
const targets = (data: Dataset) => batchesOf(data).map(({ target }) => [...(target as Int32Array)]);
const padding = (data: Dataset) => {
  let [cells, tokens] = [0, 0];
  for (const { input, lengths } of batchesOf(data)) {
    const rows = input as number[][];
    cells += rows.length * rows[0].length;
    for (const length of lengths as number[]) tokens += length;
  }
  return cells / tokens - 1;
};

describe('bucketBatches', () => {
  test('each example once an epoch, whole, with its length', () => {
    const data = bucketBatches(EXAMPLES, { batchSize: 32, poolSize: 4 });
    expect(data.length).toBe(32);
    for (const epoch of [0, 1]) {
      data.setEpoch(epoch);
      expect(ascending(targets(data).flat())).toEqual(EXAMPLES.map((_, i) => i));
      for (const { input, lengths, target, count } of batchesOf(data)) {
        const rows = input as number[][];
        expect(count).toBe(rows.length);
        [...(target as Int32Array)].forEach((i, row) => {
          const length = EXAMPLES[i].input.length;
          expect((lengths as number[])[row]).toBe(length);
          expect(rows[row].slice(0, length)).toEqual(EXAMPLES[i].input);
          expect(rows[row].slice(length).every((x) => x === 0)).toBe(true);
        });
      }
    }
    expect(data.at(32)).toBeUndefined();
  });
  test('little work is padding: under 4% with the default pool, over 100% in batches as they come', () => {
    const many = Array.from({ length: 4 }, () => EXAMPLES).flat();
    const asTheyCome = bucketBatches(many, { batchSize: 32, poolSize: 1 });
    const pooled = bucketBatches(many, { batchSize: 32 });
    const sorted = bucketBatches(many, { batchSize: 32, shuffle: false });
    expect(padding(asTheyCome)).toBeGreaterThan(1);
    expect(padding(pooled)).toBeLessThan(0.04);
    expect(padding(sorted)).toBeLessThanOrEqual(padding(pooled));
  });
  test('the seed and the epoch decide the order', () => {
    const of = (seed: number, epoch: number) => {
      const data = bucketBatches(EXAMPLES, { batchSize: 16, seed });
      data.setEpoch(epoch);
      return targets(data);
    };
    manualSeed(1);
    const first = of(7, 3);
    manualSeed(2);
    expect(of(7, 3)).toEqual(first);
    expect(of(7, 4)).not.toEqual(first);
    expect(of(8, 3)).not.toEqual(first);
    // Not only the batches' order: their company too.
    const sets = (batches: number[][]) => new Set(batches.map((batch) => ascending(batch).join()));
    expect([...sets(first)].filter((batch) => sets(of(7, 4)).has(batch)).length).toBeLessThan(first.length / 4);
  });
  test("the numbers are the documented generator's: epoch 0 of seed s begins with manualSeed(s)", () => {
    const n = 300;
    for (const seed of [0, 5, 2 ** 53 - 1]) {
      const numbers = drawn(n, seed);
      const order = Array.from({ length: n }, (_, i) => i);
      for (let i = n - 1; i > 0; i--) {
        const j = Math.floor(numbers[i] * (i + 1));
        [order[i], order[j]] = [order[j], order[i]];
      }
      // One batch: all examples in the order drawn (they have one length).
      const same = order.map((_, i) => ({ input: [1], target: i }));
      expect(targets(bucketBatches(same, { batchSize: n, seed })).flat()).toEqual(order);
    }
  });
  test('shuffle: false sorts by length and keeps the order of equal ones', () => {
    const short = [3, 1, 2, 1, 3].map((length, i) => ({ input: new Array(length).fill(1), target: i }));
    expect(targets(bucketBatches(short, { batchSize: 2, shuffle: false }))).toEqual([[1, 3], [2, 0], [4]]);
  });
  test('examples of another form: lengthOf and collate', () => {
    const pairs = [
      ['aaa', 'b'],
      ['a', 'bb'],
      ['aa', ''],
    ];
    const data = bucketBatches(pairs, {
      batchSize: 2,
      shuffle: false,
      lengthOf: ([source]) => source.length,
      collate: (rows): Batch => ({ input: rows.map(([source]) => [source.length]), target: [rows.length] }),
    });
    expect(batchesOf(data)).toEqual([
      { input: [[1], [2]], target: [2] },
      { input: [[3]], target: [1] },
    ]);
  });
  test('mistakes', () => {
    expect(() => bucketBatches(EXAMPLES, { batchSize: 0 })).toThrow(/batchSize is 0/);
    expect(() => bucketBatches(EXAMPLES, { batchSize: 2, poolSize: 0.5 })).toThrow(/poolSize is 0.5/);
    expect(() => bucketBatches(EXAMPLES, { batchSize: 2, seed: -1 })).toThrow(/seed is -1/);
    expect(() => bucketBatches(EXAMPLES, { batch_size: 2 } as never)).toThrow(/unknown option 'batch_size'/);
    expect(() => bucketBatches([{ input: [], target: 1 }], { batchSize: 2 })).toThrow(ShapeError);
    expect(() => bucketBatches([1], { batchSize: 2, lengthOf: (x: number) => x } as never)).toThrow(/lengthOf alone/);
    const lengthOf = () => Number.NaN;
    expect(() => bucketBatches([1], { batchSize: 2, lengthOf, collate: () => ({ input: 1, target: 1 }) })).toThrow(
      ValueError,
    );
    expect(bucketBatches([], { batchSize: 2 }).length).toBe(0);
  });
  test('fit draws each epoch anew and resumes within one, bit for bit', async () => {
    class Last extends Module {
      gru = new GRU({ inputSize: 1, hiddenSize: 4, batchFirst: true, numLayers: 2, dropout: 0.2 });
      head = new Linear({ inFeatures: 4, outFeatures: 1 });
      forward(x: TensorLike, _state: unknown, options: { lengths: number[] }) {
        const [, h] = this.gru.forward(x, null, options);
        return this.head.forward(h.select(0, 1)).flatten();
      }
    }
    const examples = EXAMPLES.slice(0, 60).map(({ input }) => ({
      input: input.map((x, t) => [((x as number) * (t + 1)) % 7]),
      target: input.length / 60 + 0.001,
    }));
    const run = async (more: Partial<FitOptions>) => {
      manualSeed(3);
      const model = new Last();
      const data = bucketBatches(examples, { batchSize: 8, poolSize: 3, seed: 2 });
      const onEpoch = () => void evaluate(model, data, { loss: mseLoss }); // leaves the epoch alone
      const shared = { loss: mseLoss, epochs: 3, yieldEvery: 50, onEpoch };
      const options = { optimizer: new Adam(model.parameters()), ...shared, ...more };
      return { losses: (await fit(model, data, options)).losses, weights: model.parameters().map((p) => p.data()) };
    };
    const whole = await run({});
    expect(whole.losses).toHaveLength(24);
    let bytes!: Uint8Array;
    const stop = { aborted: false };
    await run({
      signal: stop as AbortSignal,
      onStep: ({ step }) => void (stop.aborted ||= step === 13),
      checkpoint: { save: (saved) => void (bytes = saved) },
    });
    const rest = await run({ resume: bytes });
    expect(rest.losses).toEqual(whole.losses.slice(13));
    expect(rest.weights).toEqual(whole.weights);
  });
});

describe('slidingWindows', () => {
  const SERIES = Array.from({ length: 20 }, (_, t) => [t, 100 + t, -t]);
  const rows = (data: Dataset) =>
    batchesOf(data).flatMap(({ input, target }) =>
      (input as number[][][]).map((window, i) => [window.map((row) => row[0]), (target as unknown[])[i]]),
    );
  test('a flat series: inputs [N, L, 1], targets [N, horizon], what comes right after', () => {
    const data = slidingWindows([0, 1, 2, 3, 4, 5, 6], { inputLength: 3, horizon: 2, batchSize: 2, shuffle: false });
    expect(data.length).toBe(2);
    expect(data.at(0)).toEqual({
      input: [
        [[0], [1], [2]],
        [[1], [2], [3]],
      ],
      target: [
        [3, 4],
        [4, 5],
      ],
      count: 2,
    });
    expect(data.at(1)).toEqual({ input: [[[2], [3], [4]]], target: [[5, 6]], count: 1 });
    const typed = slidingWindows(Float32Array.of(0, 1, 2, 3), { inputLength: 2, stride: 2, shuffle: false });
    expect(rows(typed)).toEqual([[[0, 1], [2]]]);
  });
  test('stride, several features, chosen targets', () => {
    const options = { inputLength: 4, horizon: 2, stride: 5, shuffle: false };
    expect(rows(slidingWindows(SERIES, { ...options, target: 1 }))).toEqual([
      [
        [0, 1, 2, 3],
        [104, 105],
      ],
      [
        [5, 6, 7, 8],
        [109, 110],
      ],
      [
        [10, 11, 12, 13],
        [114, 115],
      ],
    ]);
    const both = slidingWindows(SERIES, { ...options, target: [2, 0] });
    expect(both.at(0)!.target).toEqual([
      [
        [-4, 4],
        [-5, 5],
      ],
      [
        [-9, 9],
        [-10, 10],
      ],
      [
        [-14, 14],
        [-15, 15],
      ],
    ]);
    expect((slidingWindows(SERIES, options).at(0)!.target as number[][][])[0]).toEqual([
      [4, 104, -4],
      [5, 105, -5],
    ]);
  });
  test('a split in time leaks nothing, and wastes nothing', () => {
    for (const [inputLength, horizon, stride, split] of [
      [4, 2, 1, 14],
      [3, 1, 2, 9],
      [1, 5, 3, 10],
    ]) {
      const options = { inputLength, horizon, stride, target: 0, batchSize: 3, shuffle: true };
      const training = rows(slidingWindows(SERIES, { ...options, to: split })) as [number[], number[]][];
      const test = rows(slidingWindows(SERIES, { ...options, from: split })) as [number[], number[]][];
      expect(Math.max(...training.flat(2))).toBeLessThan(split);
      expect(Math.min(...test.flatMap(([, target]) => target))).toBe(split);
      for (const [input, target] of [...training, ...test]) {
        const all = [...input, ...target];
        expect(all).toEqual(all.map((_, i) => all[0] + i));
      }
      if (stride === 1) {
        expect(training).toHaveLength(split - inputLength - horizon + 1);
        expect(Math.max(...test.flat(2))).toBe(19);
      }
    }
  });
  test('shuffled by its seed, anew each epoch, each window once', () => {
    const data = slidingWindows(SERIES, { inputLength: 4, target: 0, batchSize: 5, seed: 3 });
    const firsts = () => rows(data).map(([input]) => (input as number[])[0]);
    const epoch0 = firsts();
    data.setEpoch(1);
    const epoch1 = firsts();
    expect(epoch1).not.toEqual(epoch0);
    for (const epoch of [epoch0, epoch1]) {
      expect(ascending(epoch)).toEqual(Array.from({ length: 16 }, (_, i) => i));
    }
    data.setEpoch(0);
    expect(firsts()).toEqual(epoch0);
  });
  test('mistakes', () => {
    const make = (more: object) => () => slidingWindows(SERIES, { inputLength: 4, ...more });
    expect(make({ inputLength: 0 })).toThrow(/slidingWindows: inputLength is 0; expected an integer of at least 1/);
    expect(make({ horizon: 1.5 })).toThrow(/horizon is 1.5/);
    expect(make({ stride: 0 })).toThrow(/stride is 0/);
    expect(make({ to: 21 })).toThrow(/to is 21; expected at most 20/);
    expect(make({ from: -1 })).toThrow(/from is -1/);
    expect(make({ target: 3 })).toThrow(/target has 3; expected features from 0 to 2/);
    expect(make({ target: [] })).toThrow(ShapeError);
    expect(make({ horizon: 17 })).toThrow(/steps 0 to 20 hold no window of 4 \+ 17 steps/);
    expect(make({ input_length: 4 })).toThrow(/unknown option/);
    expect(() => slidingWindows([], { inputLength: 1 })).toThrow(/hold no window/);
    expect(() => slidingWindows([[1, 2], [3]], { inputLength: 1 })).toThrow(
      'slidingWindows: row 1 has 1 features; expected 2',
    );
  });
});

describe('scalers', () => {
  const ROWS = drawn(300, 9).map((x, t) => [5 + 3 * x, t * t, 7]);
  const column = (rows: number[][], i: number) => rows.map((row) => row[i]);
  const mean = (xs: number[]) => xs.reduce((a, b) => a + b) / xs.length;

  test('StandardScaler: mean 0, variance 1; a constant feature becomes 0', () => {
    const out = new StandardScaler().fit(ROWS).transform(ROWS);
    for (const i of [0, 1]) {
      expect(mean(column(out, i))).toBeCloseTo(0, 12);
      expect(mean(column(out, i).map((x) => x * x))).toBeCloseTo(1, 12);
    }
    expect(new Set(column(out, 2))).toEqual(new Set([0]));
    // scikit-learn's: [1, 2, 4] has mean 7/3 and (population) std √(14/9).
    const [first] = new StandardScaler().fit([1, 2, 4]).transform([1]);
    expect(first).toBeCloseTo((1 - 7 / 3) / Math.sqrt(14 / 9), 14);
  });
  test('MinMaxScaler: the range; a constant feature becomes its first end', () => {
    const out = new MinMaxScaler({ featureRange: [-1, 3] }).fit(ROWS).transform(ROWS);
    for (const i of [0, 1]) {
      expect(Math.min(...column(out, i))).toBe(-1);
      expect(Math.max(...column(out, i))).toBeCloseTo(3, 12);
    }
    expect(new Set(column(out, 2))).toEqual(new Set([-1]));
    expect(new MinMaxScaler().fit([2, 4]).transform([3, 5])).toEqual([0.5, 1.5]);
  });
  test.each([new StandardScaler(), new MinMaxScaler(), new MinMaxScaler({ featureRange: [-2, 5] })])(
    'inverseTransform undoes transform, one feature alone, after JSON too',
    (scaler) => {
      scaler.fit(ROWS.slice(0, 200));
      const out = scaler.transform(ROWS);
      const back = scaler.inverseTransform(out);
      const errors = back.flatMap((row, t) => row.map((x, i) => Math.abs(x - ROWS[t][i])));
      expect(Math.max(...errors)).toBeLessThan(1e-9);
      const loaded = scalerFromJSON(JSON.parse(JSON.stringify(scaler)));
      expect(loaded.constructor).toBe(scaler.constructor);
      expect(loaded.transform(ROWS)).toEqual(out);
      expect(loaded.inverseTransform(out)).toEqual(back);
      const forecast = Float32Array.of(0.25, -1);
      const alone = loaded.feature(1).inverseTransform(forecast);
      expect(alone).toEqual(
        column(
          loaded.inverseTransform([
            [0, 0.25, 0],
            [0, -1, 0],
          ]),
          1,
        ),
      );
    },
  );
  test('what is behind the split changes nothing that was learned before it', () => {
    const other = ROWS.map((row, t) => (t < 200 ? row : row.map((x) => x * 1000)));
    const learn = (rows: number[][]) => new StandardScaler().fit(rows.slice(0, 200)).toJSON();
    expect(learn(other)).toEqual(learn(ROWS));
  });
  test('mistakes', () => {
    const scaler = new StandardScaler();
    expect(() => scaler.transform([1])).toThrow(
      'StandardScaler.transform: nothing was learned yet; expected fit() before',
    );
    expect(() => scaler.toJSON()).toThrow(ValueError);
    expect(() => scaler.fit([])).toThrow(/the series is empty/);
    expect(() =>
      scaler.fit([
        [1, 2],
        [3, Number.NaN],
      ]),
    ).toThrow('StandardScaler.fit: feature 1 of row 1 is NaN; expected a finite number');
    expect(() => scaler.fit([[1], [2, 3]])).toThrow(ShapeError);
    scaler.fit([[1, 2]]);
    expect(() => scaler.transform([1, 2])).toThrow(/rows have 1 features; expected 2/);
    expect(() => scaler.feature(2)).toThrow(/got 2; expected 0 to 1/);
    expect(() => new MinMaxScaler({ featureRange: [1, 1] })).toThrow(/featureRange is \[1, 1\]/);
    const good = scaler.toJSON();
    for (const bad of [null, {}, { ...good, format: 'x' }, { ...good, kind: 'x' }, { ...good, shift: [1] }]) {
      expect(() => scalerFromJSON(bad)).toThrow(FormatError);
    }
    for (const change of [{ scale: [1, 0] }, { scale: [1, 'x'] }, { shift: [], scale: [] }, { offset: null }]) {
      expect(() => scalerFromJSON({ ...good, ...change })).toThrow(FormatError);
    }
  });
});
