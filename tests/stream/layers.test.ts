// Normalisation and causal convolution frame by frame: the bits of the whole sequence.
import { describe, expect, test } from 'vitest';
import {
  BatchNorm1d,
  Conv1d,
  type Conv1dOptions,
  LayerNorm,
  Linear,
  LSTM,
  type Module,
  manualSeed,
  memoryInfo,
  Permute,
  ReLU,
  randn,
  Sequential,
  ShapeError,
  scope,
  Tanh,
  UnsupportedError,
} from '../../src/index.js';
import { batcher } from '../../src/serving.js';

const C = 5;
/** [L, N, C] -> [N, C, L], what is given, and back. */
const channelsFirst = (...modules: Module[]) => [
  new Permute({ dims: [1, 2, 0] }),
  ...modules,
  new Permute({ dims: [2, 0, 1] }),
];
const causal = (options: Partial<Conv1dOptions>) =>
  new Conv1d({ inChannels: C, outChannels: 7, kernelSize: 3, padding: 'causal', ...options });
/** A batch norm whose statistics and weights are not the initial ones. */
function usedNorm(numFeatures: number, affine = true): BatchNorm1d {
  const norm = new BatchNorm1d({ numFeatures, affine });
  scope(() => {
    norm.forward(randn([20, numFeatures]).mul(3).add(1));
    norm.weight?.set(randn([numFeatures]));
    norm.bias?.set(randn([numFeatures]));
  });
  return norm;
}

const MODELS: Record<string, () => Module> = {
  LayerNorm: () => new LayerNorm({ normalizedShape: C }),
  'LayerNorm without bias': () => new LayerNorm({ normalizedShape: [C], bias: false }),
  'LayerNorm without weights': () => new LayerNorm({ normalizedShape: C, elementwiseAffine: false, eps: 0.1 }),
  BatchNorm1d: () => new Sequential(...channelsFirst(usedNorm(C))),
  'BatchNorm1d without weights': () => new Sequential(...channelsFirst(usedNorm(C, false))),
  'kernel 1': () => new Sequential(...channelsFirst(causal({ kernelSize: 1, padding: 0 }))),
  'kernel 3': () => new Sequential(...channelsFirst(causal({}))),
  'kernel 2, dilation 4, no bias': () =>
    new Sequential(...channelsFirst(causal({ kernelSize: 2, dilation: 4, bias: false }))),
  'kernel 40, wide': () => new Sequential(...channelsFirst(causal({ kernelSize: 40, outChannels: 33 }))),
  'two groups': () =>
    new Sequential(
      new Linear({ inFeatures: C, outFeatures: 6 }),
      ...channelsFirst(causal({ inChannels: 6, outChannels: 34, groups: 2, dilation: 2 })),
    ),
  depthwise: () => new Sequential(...channelsFirst(causal({ outChannels: C, groups: C, kernelSize: 4 }))),
  'depthwise, two each': () => new Sequential(...channelsFirst(causal({ outChannels: 2 * C, groups: C }))),
  'convolutions, norms, LSTM': () =>
    new Sequential(
      ...channelsFirst(causal({}), usedNorm(7), new ReLU(), causal({ inChannels: 7, kernelSize: 2, dilation: 3 })),
      new LayerNorm({ normalizedShape: 7 }),
      new LSTM({ inputSize: 7, hiddenSize: 6 }),
      new Tanh(),
      new Linear({ inFeatures: 6, outFeatures: 2 }),
    ),
};

describe.each(Object.entries(MODELS))('%s', (_name, make) => {
  test.each([1, 3])('step by step = the whole sequence, bit for bit, also moved in between, batch %i', (batch) => {
    manualSeed(2);
    const model = make();
    const L = 13;
    const x = randn([L, batch, C]);
    const frames = x.data();
    const want = model.predict(x) as Float32Array;
    let stream = model.stream({ batch });
    const width = batch * stream.outputSize;
    for (let t = 0; t < L; t++) {
      if (t === 6) {
        const moved = model.stream({ batch });
        moved.restore(stream.save());
        stream.dispose();
        stream = moved;
      }
      const out = stream.step(frames.subarray(t * batch * C, (t + 1) * batch * C));
      expect([...out]).toEqual([...want.subarray(t * width, (t + 1) * width)]);
    }
    stream.reset();
    const again = stream.step(frames.subarray(0, batch * C));
    expect([...again]).toEqual([...want.subarray(0, width)]);
    stream.dispose();
    model.dispose();
    x.dispose();
  });
});

test('the state of a convolution: the frames before the next, oldest first', () => {
  const model = new Sequential(causal({ inChannels: 2, dilation: 2 }), new LSTM({ inputSize: 7, hiddenSize: 3 }));
  const stream = model.stream({ batch: 2 });
  for (let t = 1; t <= 6; t++) stream.step([t, t + 0.5, -t, -t - 0.5]);
  const [frames, h] = stream.state.entries;
  expect([frames.name, frames.kind, frames.shape]).toEqual(['0.conv.frames', 'Conv1d', [2, 8]]);
  expect([...frames.data]).toEqual([3, 3.5, 4, 4.5, 5, 5.5, 6, 6.5, -3, -3.5, -4, -4.5, -5, -5.5, -6, -6.5]);
  expect(h.name).toBe('1.l0.h');
  model.dispose();
});

test('weights and statistics that change count from the next step', () => {
  const norm = usedNorm(3);
  const layer = new LayerNorm({ normalizedShape: 3 });
  const conv = causal({ inChannels: 3, outChannels: 3, kernelSize: 1 });
  const model = new Sequential(conv, norm, layer);
  const stream = model.stream();
  const x = [1, -2, 4];
  for (const change of [
    () => norm.running_var.set([4, 5, 6]),
    () => norm.bias!.set(2),
    () => layer.weight!.set([1, 2, 3]),
    () => layer.bias!.set(-1),
    () => conv.weight.set(0.5),
    () => conv.bias!.set([1, 2, 3]),
  ]) {
    const before = [...stream.step(x)];
    change();
    const fresh = model.stream();
    expect([...stream.step(x)]).toEqual([...fresh.step(x)]);
    fresh.dispose();
    if (change.toString().includes('layer')) expect([...stream.step(x)]).not.toEqual(before);
  }
  layer.weight = new LayerNorm({ normalizedShape: 4 }).weight;
  expect(() => stream.step(x)).toThrow(ShapeError);
  model.dispose();
});

test('sessions of a batcher run convolutions as streams of their own', async () => {
  manualSeed(3);
  const model = MODELS['convolutions, norms, LSTM']();
  const server = batcher(model, { maxBatch: 2 });
  const sessions = [server.open(), server.open(), server.open()];
  const streams = sessions.map(() => model.stream());
  for (let t = 0; t < 9; t++) {
    const x = sessions.map((_, i) => Float32Array.from({ length: C }, (_, c) => Math.fround((t * 7 + c * 3 + i) % 5)));
    const got = await Promise.all(sessions.map((s, i) => s.step(x[i])));
    expect(got.map((y) => [...y])).toEqual(streams.map((s, i) => [...s.step(x[i])]));
  }
  server.dispose();
  model.dispose();
});

test('10,000 steps: memory flat', () => {
  const model = MODELS['convolutions, norms, LSTM']();
  const stream = model.stream();
  const x = new Float32Array(C);
  stream.step(x);
  const before = memoryInfo();
  for (let t = 0; t < 10_000; t++) stream.step(x);
  expect(memoryInfo()).toEqual(before);
  model.dispose();
});

test('what cannot run frame by frame says why', () => {
  for (const options of [{ padding: 1 }, { padding: 'same' }, { padding: 'valid' }, { stride: 2 }] as const) {
    expect(() => causal(options).stream()).toThrow(UnsupportedError);
  }
  expect(() => causal({ stride: 2 }).stream()).toThrow(
    'Conv1d.stream: padding is causal (zeros), stride 2; expected causal (zeros), 1: others wait for steps or skip some',
  );
  expect(() => causal({ paddingMode: 'replicate' }).stream()).toThrow(/padding is causal \(replicate\)/);
  expect(() => new BatchNorm1d({ numFeatures: 3, trackRunningStats: false }).stream()).toThrow(
    /BatchNorm1d.stream: there are no running statistics/,
  );
  expect(() => new Sequential(causal({}), new LayerNorm({ normalizedShape: 6 })).stream()).toThrow(
    /LayerNorm gets 7 features; expected 6/,
  );
});
