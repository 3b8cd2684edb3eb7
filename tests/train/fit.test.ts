// fit: it learns, reports, yields, stops, saves and goes on bit for bit.
import { describe, expect, test } from 'vitest';
import { paddedDataset, textDataset } from '../../src/data/index.js';
import { load } from '../../src/formats/safetensors.js';
import {
  Adam,
  crossEntropy,
  Embedding,
  evaluate,
  type FitOptions,
  FormatError,
  fit,
  GatedError,
  GRU,
  Linear,
  LSTM,
  loadCheckpoint,
  Module,
  manualSeed,
  memoryInfo,
  mseLoss,
  SGD,
  ShapeError,
  StateDictError,
  scope,
  type Tensor,
  type TensorLike,
  tensor,
  ValueError,
} from '../../src/index.js';

class CharNet extends Module {
  embedding = new Embedding({ numEmbeddings: 8, embeddingDim: 4 });
  rnn = new LSTM({ inputSize: 4, hiddenSize: 12, numLayers: 2, dropout: 0.2 });
  head = new Linear({ inFeatures: 12, outFeatures: 8 });
  forward(ids: TensorLike, state?: never): [Tensor, unknown] {
    const [output, next] = this.rnn.forward(this.embedding.forward(ids), state);
    return [this.head.forward(output.flatten(0, 1)), next];
  }
}
/** 0 1 2 … 7 0 1 2 …: the next token is certain. */
const TEXT = Int32Array.from({ length: 1000 }, (_, i) => i % 8);
const text = () => textDataset(TEXT, { batch: 4, length: 10 });
const options = (model: Module, more: Partial<FitOptions> = {}): FitOptions => ({
  optimizer: new Adam(model.parameters(), { lr: 0.01 }),
  loss: (logits, target) => crossEntropy(logits, target),
  clipGradNorm: 1,
  yieldEvery: 50,
  ...more,
});
const fresh = () => {
  manualSeed(7);
  return new CharNet();
};
const weightsOf = (model: Module) => Object.values(model.stateDict()).map((t) => t.data());

describe('data', () => {
  test('textDataset: rows side by side, targets one further, the last piece shorter', () => {
    const data = textDataset(
      Int32Array.from({ length: 23 }, (_, i) => i),
      { batch: 2, length: 4 },
    );
    expect([data.length, data.carriesState]).toEqual([3, true]);
    expect(data.at(0)).toMatchObject({
      input: [
        [0, 11],
        [1, 12],
        [2, 13],
        [3, 14],
      ],
      count: 8,
    });
    expect([...(data.at(0)!.target as Int32Array)]).toEqual([1, 12, 2, 13, 3, 14, 4, 15]);
    expect(data.at(2)).toMatchObject({
      input: [
        [8, 19],
        [9, 20],
        [10, 21],
      ],
      count: 6,
    });
    expect(() => textDataset([1, 2, 3], { batch: 16, length: 4 })).toThrow(/3 tokens; expected at least 17/);
    expect(() => textDataset(TEXT, { batch: 0, length: 4 })).toThrow(ValueError);
  });
  test('paddedDataset: zeros and ignoreIndex beyond each end, lengths kept', () => {
    const data = paddedDataset(
      [
        { input: [1, 2, 3], target: [0, 1, 0] },
        { input: [4], target: [1] },
        { input: [5, 6], target: [1, 1] },
      ],
      { batchSize: 2 },
    );
    expect(data.length).toBe(2);
    expect(data.at(0)).toMatchObject({
      input: [
        [1, 2, 3],
        [4, 0, 0],
      ],
      lengths: [3, 1],
      count: 4,
    });
    expect([...(data.at(0)!.target as Int32Array)]).toEqual([0, 1, 0, 1, -100, -100]);
    const vectors = paddedDataset(
      [
        { input: [[1, 2]], target: 0.5 },
        {
          input: [
            [3, 4],
            [5, 6],
          ],
          target: 1,
        },
      ],
      { batchSize: 2 },
    );
    expect(vectors.at(0)).toMatchObject({
      input: [
        [
          [1, 2],
          [0, 0],
        ],
        [
          [3, 4],
          [5, 6],
        ],
      ],
      lengths: [1, 2],
    });
    expect(() => paddedDataset([{ input: [], target: 1 }], { batchSize: 1 })).toThrow(ShapeError);
    expect(() => paddedDataset([{ input: [1, 2], target: [1] }], { batchSize: 1 })).toThrow(/2 steps and 1 targets/);
  });
});

describe('training', () => {
  test('a certain text is learned; history, callbacks and evaluate agree', async () => {
    const model = fresh();
    const steps: number[] = [];
    const epochs: number[] = [];
    const history = await fit(model, text(), {
      ...options(model),
      epochs: 8,
      validation: text(),
      schedule: (step, total) => 0.02 * (1 - step / total),
      onStep: ({ loss, step, lr, gradNorm, batches }) => {
        steps.push(loss);
        expect(batches).toBe(25);
        expect(lr).toBeCloseTo(0.02 * (1 - (step - 1) / 200), 12);
        expect(gradNorm).toBeGreaterThan(0);
      },
      onEpoch: ({ validationLoss }) => epochs.push(validationLoss as number),
    });
    expect(history.losses).toEqual(steps);
    expect(history.epochs.map((e) => e.validationLoss)).toEqual(epochs);
    expect(history.aborted).toBe(false);
    expect(history.epochs[0].loss).toBeGreaterThan(1);
    expect(epochs[7]).toBeLessThan(0.1);
    expect(evaluate(model, text(), { loss: (a, b) => crossEntropy(a, b) })).toBe(epochs[7]);
    expect(model.training).toBe(true);
  });
  test('padded batches with lengths, per-sequence targets, shuffled; a custom step', async () => {
    manualSeed(3);
    const gru = new GRU({ inputSize: 1, hiddenSize: 8, batchFirst: true });
    const head = new Linear({ inFeatures: 8, outFeatures: 1 });
    class Sum extends Module {
      gru = gru;
      head = head;
      forward(x: TensorLike, lengths: ArrayLike<number>): Tensor {
        const [, h] = this.gru.forward(x, null, { lengths });
        return this.head.forward(h.squeeze(0)).flatten();
      }
    }
    const model = new Sum();
    const examples = Array.from({ length: 40 }, (_, i) => {
      const input = Array.from({ length: 1 + (i % 5) }, (_, t) => [((i * 7 + t * 3) % 5) / 5]);
      return { input, target: input.flat().reduce((a, b) => a + b) / 4 + 0.001 };
    });
    const history = await fit(model, paddedDataset(examples, { batchSize: 8 }), {
      optimizer: new Adam(model.parameters(), { lr: 0.02 }),
      step: ({ input, target, lengths }) => ({ loss: mseLoss(model.forward(input, lengths as number[]), target) }),
      epochs: 40,
      shuffle: true,
      yieldEvery: 50,
    });
    expect(history.epochs[39].loss).toBeLessThan(history.epochs[0].loss / 20);
  });
  // An audio worklet has no event loop of timers.
  test.skipIf(typeof setInterval === 'undefined')('the event loop gets its turns', async () => {
    const model = fresh();
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    await fit(model, text(), { ...options(model), epochs: 4, yieldEvery: 1 });
    clearInterval(timer);
    expect(turns).toBeGreaterThan(3);
  });
  test('a loss that is not finite is ValueError, the model is as it was', async () => {
    const model = fresh();
    const before = weightsOf(model);
    const broken = options(model, { loss: (logits, target) => crossEntropy(logits, target).mul(Number.NaN) });
    await expect(fit(model, text(), broken)).rejects.toThrow(/the loss is NaN at step 0/);
    expect(weightsOf(model)).toEqual(before);
  });
  test('mistakes are typed errors', async () => {
    const model = fresh();
    await expect(fit(model, [], options(model))).rejects.toThrow(/no batches/);
    await expect(fit(model, text(), options(model, { shuffle: true }))).rejects.toThrow(
      /shuffle would break the state/,
    );
    await expect(fit(model, text(), { optimizer: options(model).optimizer })).rejects.toThrow(/neither loss nor step/);
  });
});

describe('checkpoints', () => {
  /** A run that is aborted after `steps` steps, with the checkpoint it saved. */
  async function broken(steps: number, data = text(), more: Partial<FitOptions> = {}) {
    const model = fresh();
    // All that fit reads of an AbortSignal; an audio worklet has no AbortController.
    const stop = { aborted: false };
    let bytes!: Uint8Array;
    const history = await fit(model, data, {
      ...options(model, more),
      epochs: 3,
      signal: stop as AbortSignal,
      onStep: ({ step }) => {
        stop.aborted ||= step === steps;
      },
      checkpoint: { save: (saved) => void (bytes = saved), metadata: { mine: 'kept' } },
    });
    expect(history.aborted).toBe(true);
    return { bytes, losses: history.losses };
  }
  const unbroken = async (data = text(), more: Partial<FitOptions> = {}) => {
    const model = fresh();
    const history = await fit(model, data, { ...options(model, more), epochs: 3 });
    return { losses: history.losses, epochs: history.epochs, weights: weightsOf(model) };
  };
  const resumed = async (bytes: Uint8Array, data = text(), more: Partial<FitOptions> = {}) => {
    manualSeed(99);
    const model = new CharNet();
    const history = await fit(model, data, { ...options(model, more), epochs: 3, resume: bytes });
    return { losses: history.losses, epochs: history.epochs, weights: weightsOf(model) };
  };

  test.each([1, 25, 37])(
    'aborted after step %i and resumed = unbroken, bit for bit (dropout, carried state)',
    async (steps) => {
      const whole = await unbroken();
      const { bytes, losses } = await broken(steps);
      expect(losses).toEqual(whole.losses.slice(0, steps));
      const rest = await resumed(bytes);
      expect(rest.losses).toEqual(whole.losses.slice(steps));
      expect(rest.epochs).toEqual(whole.epochs);
      expect(rest.weights).toEqual(whole.weights);
    },
  );
  test('also with shuffled batches', async () => {
    const batches = Array.from({ length: 6 }, (_, i) => ({
      input: [
        [i, (i + 1) % 8],
        [(i + 2) % 8, i],
      ],
      target: Int32Array.of((i + 1) % 8, (i + 2) % 8, (i + 3) % 8, (i + 1) % 8),
    }));
    const more = { shuffle: true };
    const whole = await unbroken(batches as never, more);
    const { bytes } = await broken(8, batches as never, more);
    const rest = await resumed(bytes, batches as never, more);
    expect(rest.losses).toEqual(whole.losses.slice(8));
    expect(rest.weights).toEqual(whole.weights);
  });
  test('saved every n steps', async () => {
    const model = fresh();
    let count = 0;
    await fit(model, text(), { ...options(model), checkpoint: { every: 10, save: async () => void count++ } });
    expect(count).toBe(3);
  });
  test('a checkpoint is a safetensors file; text of any script comes back', async () => {
    const model = fresh();
    const count = tensor([3], { dtype: 'int32' });
    model.registerBuffer('count', count);
    const metadata = { __proto__é: 'ä€😀\n"', vocabulary: 'жз' };
    const saved: Uint8Array[] = [];
    const save = (bytes: Uint8Array) => void saved.push(bytes);
    await fit(model, text(), { ...options(model), checkpoint: { save, metadata } });
    const file = load(saved[0]);
    expect(file.metadata.get('vocabulary')).toBe('жз');
    for (const [name, t] of Object.entries(model.stateDict()))
      expect(file.get(`model.${name}`)!.data).toEqual(t.data());
    count.set([4]);
    loadCheckpoint(saved[0], model, options(model).optimizer);
    expect(count.data()).toEqual(Int32Array.of(3));
  });
  test('every damage to the header is a typed error, or what it says is still checked', async () => {
    const { bytes } = await broken(1);
    const model = fresh();
    const optimizer = new Adam(model.parameters());
    const header = new DataView(bytes.buffer).getUint32(0, true);
    for (let at = 0; at < 8 + header; at += 3) {
      for (const byte of [0, 0x22, 0x39, 0x5b, 0x7d, 0xff]) {
        const damaged = bytes.slice();
        damaged[at] = byte;
        try {
          loadCheckpoint(damaged, model, optimizer);
        } catch (error) {
          expect(error, `byte ${at}`).toBeInstanceOf(GatedError);
        }
      }
    }
    const deep = `{"a":{"dtype":"F32","shape":[1],"data_offsets":${'['.repeat(5000)}${']'.repeat(5000)}}}`;
    const nested = Uint8Array.from(`\0\0\0\0\0\0\0\0${deep}`, (character) => character.charCodeAt(0));
    new DataView(nested.buffer).setUint32(0, deep.length, true);
    expect(() => loadCheckpoint(nested, model, optimizer)).toThrow(FormatError);
  });
  test('damaged and foreign checkpoints are refused and change nothing', async () => {
    const { bytes } = await broken(5);
    const model = fresh();
    const optimizer = new Adam(model.parameters());
    const [weights, state] = [weightsOf(model), optimizer.stateDict()];
    expect(() => loadCheckpoint(bytes.subarray(0, bytes.length - 4), model, optimizer)).toThrow(FormatError);
    expect(() => loadCheckpoint(new Uint8Array(20), model, optimizer)).toThrow(FormatError);
    const small = new Linear({ inFeatures: 2, outFeatures: 2 });
    expect(() => loadCheckpoint(bytes, small, new SGD(small.parameters()))).toThrow(StateDictError);
    const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
    const at = text.indexOf('position');
    const damaged = bytes.slice();
    damaged[at] = 0x71;
    expect(() => loadCheckpoint(damaged, model, optimizer)).toThrow(FormatError);
    // An optimizer of another kind: found out before the weights are written.
    expect(() => loadCheckpoint(bytes, model, new Adam([model.head.weight]))).toThrow(StateDictError);
    expect(weightsOf(model)).toEqual(weights);
    expect(optimizer.stateDict()).toEqual(state);
  });
});

test('tensors that a dataset makes as it goes are freed with their step', async () => {
  const model = new Linear({ inFeatures: 2, outFeatures: 1 });
  const held: number[] = [];
  const data = {
    length: 50,
    at: () => ({
      input: tensor(new Float32Array(64), [32, 2]),
      target: tensor(new Float32Array(32), [32, 1]),
      count: 32,
    }),
  };
  const optimizer = new SGD(model.parameters(), { lr: 0.01 });
  const onStep = () => held.push(memoryInfo().liveBlocks);
  const history = await fit(model, data, { optimizer, loss: mseLoss, onStep });
  // Fewer is possible: what earlier tests left behind may be collected while fit awaits.
  expect(Math.max(...held)).toBe(held[0]);
  expect(evaluate(model, data, { loss: mseLoss })).toBeLessThan(history.losses[0]);
  expect(memoryInfo().liveBlocks).toBeLessThanOrEqual(held[0]);
});

test('10,000 training steps: memory flat', () => {
  const model = new LSTM({ inputSize: 2, hiddenSize: 4 });
  const optimizer = new SGD(model.parameters(), { lr: 0.01, momentum: 0.9 });
  const [x, y] = [tensor([[[1, 2]], [[3, 4]]]), tensor([[[0.1, 0.2, 0.3, 0.4]], [[0, 0, 0, 0]]])];
  const step = () =>
    scope(() => {
      const loss = mseLoss(model.forward(x)[0], y);
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      return loss.item();
    });
  const first = step();
  step();
  const { liveBlocks, liveBytes, memoryBytes } = memoryInfo();
  let last = 0;
  for (let i = 0; i < 10_000; i++) last = step();
  expect(memoryInfo()).toMatchObject({ liveBlocks, liveBytes, memoryBytes });
  expect(last).toBeLessThan(first);
  optimizer.dispose();
  model.dispose();
});
