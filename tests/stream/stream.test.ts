// Streams: the same bits as the whole sequence, nothing allocated, states that travel.
import { describe, expect, test } from 'vitest';
import {
  DisposedError,
  Dropout,
  Embedding,
  FormatError,
  GRU,
  Linear,
  LSTM,
  type Module,
  manualSeed,
  memoryInfo,
  ReLU,
  RNN,
  randn,
  Sequential,
  SGD,
  ShapeError,
  Sigmoid,
  scope,
  Tanh,
  type Tensor,
  ValueError,
  weightNorm,
} from '../../src/index.js';
import { numbers } from '../assembly/float64.js';

const I = 5;
/** Initial states that are not zeros. */
const started = (model: LSTM) => {
  model.h_0!.set(numbers(model.h_0!.size, 3));
  model.c_0!.set(numbers(model.c_0!.size, 4));
  return model;
};
const MODELS: Record<string, () => Module> = {
  'RNN tanh': () => new RNN({ inputSize: I, hiddenSize: 7 }),
  'RNN relu, 2 layers': () => new RNN({ inputSize: I, hiddenSize: 7, numLayers: 2, nonlinearity: 'relu' }),
  'LSTM, 2 layers': () => new LSTM({ inputSize: I, hiddenSize: 33, numLayers: 2 }),
  'LSTM with projection, no bias': () =>
    new LSTM({ inputSize: I, hiddenSize: 9, projSize: 4, numLayers: 2, bias: false }),
  'GRU, 3 layers': () => new GRU({ inputSize: I, hiddenSize: 8, numLayers: 3 }),
  'LSTM with peepholes and projection': () =>
    new LSTM({ inputSize: I, hiddenSize: 9, projSize: 4, numLayers: 2, peepholes: true }),
  'GRU with reset before, 2 layers': () => new GRU({ inputSize: I, hiddenSize: 13, numLayers: 2, resetAfter: false }),
  'trained initial states': () =>
    started(new LSTM({ inputSize: I, hiddenSize: 6, numLayers: 2, trainableInitialState: true })),
  'weight norm': () => weightNorm(new GRU({ inputSize: I, hiddenSize: 6 }), 'weight_hh_l0'),
  'GRU without bias': () => new GRU({ inputSize: I, hiddenSize: 3, bias: false }),
  Linear: () => new Linear({ inFeatures: I, outFeatures: 3 }),
  Sequential: () =>
    new Sequential(
      new Linear({ inFeatures: I, outFeatures: 6 }),
      new Tanh(),
      new GRU({ inputSize: 6, hiddenSize: 10 }),
      new Dropout({ p: 0.5 }),
      new ReLU(),
      new LSTM({ inputSize: 10, hiddenSize: 4 }),
      new Linear({ inFeatures: 4, outFeatures: 2, bias: false }),
      new Sigmoid(),
    ),
};
/** The first output of predict, [L, N, …] flat. */
const whole = (model: Module, x: Tensor) => {
  const result = model.predict(x as never) as unknown;
  return (Array.isArray(result) ? result[0] : result) as Float32Array;
};

describe.each(Object.entries(MODELS))('%s', (_name, make) => {
  test.each([1, 3])('step by step = the whole sequence, bit for bit, batch %i', (batch) => {
    manualSeed(1);
    const model = make();
    const L = 9;
    const x = randn([L, batch, I]);
    const flat = x.data();
    const want = whole(model, x);
    const stream = model.stream({ batch });
    const width = batch * stream.outputSize;
    for (let round = 0; round < 2; round++) {
      for (let t = 0; t < L; t++) {
        const out = stream.step(flat.subarray(t * batch * I, (t + 1) * batch * I));
        expect([...out]).toEqual([...want.subarray(t * width, (t + 1) * width)]);
      }
      stream.reset();
    }
    stream.dispose();
    model.dispose();
    x.dispose();
  });
  test('nothing leaks, and what dispose frees is everything', () => {
    const before = memoryInfo().liveBlocks;
    const model = make();
    const stream = model.stream();
    stream.step(new Float32Array(I));
    stream.dispose();
    stream.dispose();
    model.dispose();
    expect(memoryInfo().liveBlocks).toBe(before);
  });
});

test('an Embedding in front takes one index per row', () => {
  const model = new Sequential(
    new Embedding({ numEmbeddings: 6, embeddingDim: 3 }),
    new GRU({ inputSize: 3, hiddenSize: 4 }),
  );
  const want = model.predict([
    [0, 5],
    [2, 1],
    [3, 3],
  ]) as Float32Array;
  const stream = model.stream({ batch: 2 });
  const got = [
    [0, 5],
    [2, 1],
    [3, 3],
  ].flatMap((ids) => [...stream.step(ids)]);
  expect(got).toEqual([...want]);
  expect(() => stream.step([0, 6])).toThrow(/index is 6 in row 1; expected 0 to 5/);
  expect(() => stream.step([0.5, 1])).toThrow();
  model.dispose();
});

describe('weights and lifetimes', () => {
  const make = () => new LSTM({ inputSize: 3, hiddenSize: 4 });
  test('weights that were set, trained or assigned count from the next step', () => {
    const model = make();
    const stream = model.stream();
    const fresh = () => [...new Array(1)].map(() => [...model.stream().step([1, 2, 3])])[0];
    const optimizer = new SGD(model.parameters(), { lr: 0.5 });
    for (const change of [
      () => model.weight_ih_l0.set(0.25),
      () => model.bias_hh_l0.set(0.5),
      () =>
        scope(() =>
          model
            .forward([[1, 2, 3]])[0]
            .sum()
            .backward(),
        ),
      () => optimizer.step(),
      () => {
        model.weight_hh_l0 = make().weight_hh_l0;
      },
    ]) {
      change();
      stream.reset();
      expect([...stream.step([1, 2, 3])]).toEqual(fresh());
    }
  });
  test('the view is the stream’s own, also after memory grew', () => {
    const model = make();
    const stream = model.stream();
    const first = stream.step([1, 2, 3]);
    expect(stream.step([1, 2, 3])).toBe(first);
    const kept = [...first];
    const big = randn([memoryInfo().memoryBytes / 4 + 100_000]);
    stream.reset();
    stream.step([1, 2, 3]);
    const again = stream.step([1, 2, 3]);
    expect([...again]).toEqual(kept);
    big.dispose();
  });
  test('a disposed stream or model throws DisposedError', () => {
    const model = make();
    const [one, two] = [model.stream(), model.stream()];
    one.dispose();
    expect(() => one.step([1, 2, 3])).toThrow(DisposedError);
    model.dispose();
    expect(() => two.step([1, 2, 3])).toThrow(/model of this stream was disposed/);
    expect(() => model.stream()).toThrow(DisposedError);
  });
  test('wrong sizes, wrong models', () => {
    const stream = make().stream({ batch: 2 });
    expect(() => stream.step([1, 2, 3])).toThrow(/input has 3 elements; expected 2 × 3/);
    expect(() => stream.step(new Float32Array(7))).toThrow(ShapeError);
    expect(() => make().stream({ batch: 0 })).toThrow(ValueError);
    expect(() => new LSTM({ inputSize: 2, hiddenSize: 2, bidirectional: true }).stream()).toThrow(/whole sequence/);
    const clash = new Sequential(
      new GRU({ inputSize: 3, hiddenSize: 4 }),
      new Linear({ inFeatures: 5, outFeatures: 1 }),
    );
    expect(() => clash.stream()).toThrow(/gets 4 features; expected 5/);
  });
});

describe('states travel', () => {
  const make = () =>
    new Sequential(new LSTM({ inputSize: 3, hiddenSize: 4, numLayers: 2 }), new GRU({ inputSize: 4, hiddenSize: 2 }));
  const model = make();
  const x = (t: number) => numbers(3, t + 1);
  const continued = (stream: ReturnType<Module['stream']>) => [4, 5, 6].flatMap((t) => [...stream.step(x(t))]);

  test('saved bytes go on elsewhere, bit for bit; clones are independent', () => {
    const [one, two, three] = [model.stream(), model.stream(), model.stream()];
    for (let t = 0; t < 4; t++) one.step(x(t));
    const bytes = one.save();
    const state = one.state.clone();
    const want = continued(one);
    two.restore(bytes);
    three.state = state;
    expect(continued(two)).toEqual(want);
    expect(continued(three)).toEqual(want);
    three.state = state;
    expect(continued(three)).toEqual(want);
    expect(state.entries.map(({ name }) => name)).toEqual(['0.l0.h', '0.l0.c', '0.l1.h', '0.l1.c', '1.l0.h']);
  });
  test('damaged bytes and other models’ are FormatError, and change nothing', () => {
    const stream = model.stream();
    for (let t = 0; t < 4; t++) stream.step(x(t));
    const bytes = stream.save();
    const want = stream.save();
    for (let length = 0; length < bytes.length; length++) {
      expect(() => stream.restore(bytes.subarray(0, length))).toThrow(FormatError);
    }
    expect(() => stream.restore(Uint8Array.of(...bytes, 0))).toThrow(/1 bytes too many/);
    // 12 bytes of header, then the first entry's name, kind, rank and sizes.
    for (let i = 0; i < 42; i++) {
      const damaged = bytes.slice();
      damaged[i] ^= 0x41;
      expect(() => stream.restore(damaged), `byte ${i}`).toThrow(FormatError);
    }
    const other = new Sequential(
      new LSTM({ inputSize: 3, hiddenSize: 5, numLayers: 2 }),
      new GRU({ inputSize: 5, hiddenSize: 2 }),
    );
    expect(() => stream.restore(other.stream().save())).toThrow(
      /is of 0\.l0\.h lstm \[1, 5\]; this model has 0\.l0\.h lstm \[1, 4\]/,
    );
    expect(() => stream.restore(model.stream({ batch: 2 }).save())).toThrow(FormatError);
    expect(stream.save()).toEqual(want);
  });
});

test('100,000 steps: memory flat', () => {
  const model = new Sequential(new GRU({ inputSize: 3, hiddenSize: 8 }), new Linear({ inFeatures: 8, outFeatures: 2 }));
  const stream = model.stream();
  const x = Float32Array.of(1, 2, 3);
  stream.step(x);
  const before = memoryInfo();
  for (let t = 0; t < 100_000; t++) stream.step(x);
  expect(memoryInfo()).toEqual(before);
  model.dispose();
});
