// fit and evaluate on batches without positions: iterables, async iterables, functions of the epoch.
import { describe, expect, test } from 'vitest';
import { textDataset } from '../../src/data/index.js';
import {
  Adam,
  type Batch,
  Dropout,
  evaluate,
  type FitData,
  type FitOptions,
  fit,
  Linear,
  Module,
  manualSeed,
  memoryInfo,
  mseLoss,
  rand,
  type Tensor,
  type TensorLike,
  tensor,
} from '../../src/index.js';

class Net extends Module {
  dropout: Dropout;
  layer = new Linear({ inFeatures: 2, outFeatures: 1 });
  constructor(p: number) {
    super();
    this.dropout = new Dropout({ p });
  }
  forward(x: TensorLike): Tensor {
    return this.layer.forward(this.dropout.forward(x));
  }
}
const BATCHES: Batch[] = Array.from({ length: 6 }, (_, i) => ({
  input: [
    [i, 1],
    [-1, i],
  ],
  target: [[i / 2], [1 - i]],
  count: 1 + (i % 2),
}));
const EPOCHS = 3;
/** What was given to fit, as of the same seed: losses, epochs and weights. */
async function run(data: FitData, more: Partial<FitOptions> = {}, dropout = 0.3) {
  manualSeed(5);
  const model = new Net(dropout);
  const optimizer = new Adam(model.parameters(), { lr: 0.05 });
  const options = { optimizer, loss: mseLoss, epochs: EPOCHS, yieldEvery: 50, ...more };
  const { losses, epochs, aborted } = await fit(model, data, options);
  return { losses, epochs, aborted, weights: model.parameters().map((p) => p.data()) };
}
function* generate() {
  yield* BATCHES;
}
async function* generateLater() {
  for (const batch of BATCHES) yield await Promise.resolve(batch);
}
const again = { [Symbol.iterator]: generate };
const againLater = { [Symbol.asyncIterator]: generateLater };

describe('the same batches from any source train the same', () => {
  test.each<[string, FitData]>([
    ['a Set', new Set(BATCHES)],
    ['an iterable', again],
    ['an async iterable', againLater],
    ['a function that gives an array', () => BATCHES],
    ['a generator function', generate],
    ['an async generator function', generateLater],
  ])('%s', async (_, source) => {
    const more = { validation: source };
    expect(await run(source, more)).toEqual(await run(BATCHES, { validation: BATCHES }));
  });
  test('evaluate: at once, or a promise for what comes later', async () => {
    const model = new Net(0.5);
    const loss = evaluate(model, BATCHES, { loss: mseLoss });
    for (const source of [again, generate, () => again]) expect(evaluate(model, source, { loss: mseLoss })).toBe(loss);
    for (const source of [againLater, generateLater]) {
      const later = evaluate(model, source, { loss: mseLoss });
      expect(later).toBeInstanceOf(Promise);
      expect(await later).toBe(loss);
      expect(model.training).toBe(true);
    }
    const broken = evaluate(model, generateLater, { loss: () => tensor([1, 2]) });
    await expect(broken).rejects.toThrow();
    expect(model.training).toBe(true);
  });
});

test('a function is told the epoch; a length is told to schedule and onStep, else they get NaN', async () => {
  const asked: number[] = [];
  const seen: number[][] = [];
  const more: Partial<FitOptions> = {
    onStep: ({ batch, batches }) => void seen.push([batch, batches]),
    schedule: (_, total) => 0.01 * seen.push([total]) ** 0,
  };
  await run((epoch) => BATCHES.slice(0, asked.push(epoch)), more);
  expect(asked).toEqual([0, 1, 2]);
  expect(seen.filter((x) => x.length === 1)).toEqual(Array(6).fill([Number.NaN]));
  expect(seen.filter((x) => x.length === 2).map(([batch]) => batch)).toEqual([1, 1, 2, 1, 2, 3]);
  seen.length = 0;
  await run({ length: 6, [Symbol.iterator]: generate }, { ...more, epochs: 1 });
  expect(seen.slice(0, 4)).toEqual([[6], [1, 6], [6], [2, 6]]);
});

test('state is carried where the iterable says so', async () => {
  class Sum extends Module {
    layer = new Linear({ inFeatures: 1, outFeatures: 1 });
    forward(x: TensorLike, state?: Tensor): [Tensor, Tensor] {
      const sum = state ? state.add(x) : tensor(x as number[][]).add(0);
      return [this.layer.forward(sum), sum];
    }
  }
  const batches = [1, 2, 3].map((x) => ({ input: [[x]], target: [[0]] }));
  const states: unknown[] = [];
  const model = new Sum();
  const step = ({ input, target }: Batch, state: unknown) => {
    states.push(state && (state as Tensor).item());
    const [output, next] = model.forward(input, (state as Tensor) ?? undefined);
    return { loss: mseLoss(output, target), state: next };
  };
  const carried = { carriesState: true, [Symbol.iterator]: () => batches.values() };
  await fit(model, carried, { optimizer: new Adam(model.parameters()), step, epochs: 2 });
  expect(states).toEqual([null, 1, 3, null, 1, 3]);
});

describe('mistakes', () => {
  test('no batches; a generator object has none left for the second epoch', async () => {
    await expect(run(() => [])).rejects.toThrow(/no batches in epoch 0/);
    await expect(run(generate())).rejects.toThrow(/no batches in epoch 1/);
    expect((await run(generate(), { epochs: 1 })).losses).toHaveLength(6);
  });
  test('shuffle needs positions', async () => {
    for (const data of [again, generate]) {
      await expect(run(data, { shuffle: true })).rejects.toThrow(/^fit: shuffle needs a Dataset/);
    }
    await expect(run(textDataset([1, 2, 3], { batch: 1, length: 1 }), { shuffle: true })).rejects.toThrow(
      /break the state/,
    );
  });
  test('what a source throws, fit throws', async () => {
    const failing = async function* () {
      yield BATCHES[0];
      throw new Error('the file ended');
    };
    await expect(run(failing)).rejects.toThrow('the file ended');
  });
});

test('the next batch is read when the step is over; at an abort the source is told, and frees its tensors', async () => {
  const events: string[] = [];
  const stop = { aborted: false };
  const live = () => memoryInfo().liveBlocks;
  const blocks: number[] = [];
  async function* source() {
    try {
      for (let i = 0; ; i++) {
        const input = tensor(new Float32Array(4), [2, 2]);
        const target = tensor([[1], [i]]);
        try {
          events.push(`read ${i}`);
          yield { input, target };
        } finally {
          input.dispose();
          target.dispose();
        }
      }
    } finally {
      events.push('closed');
    }
  }
  const { losses, aborted } = await run(source, {
    signal: stop as AbortSignal,
    onStep: ({ step }) => {
      events.push(`step ${step}`);
      blocks.push(live());
      stop.aborted = step === 3;
    },
  });
  expect(events).toEqual(['read 0', 'step 1', 'read 1', 'step 2', 'read 2', 'step 3', 'read 3', 'closed']);
  expect([losses.length, aborted]).toEqual([3, true]);
  expect(Math.max(...blocks)).toBe(blocks[0]);
});

describe('resuming', () => {
  /** Aborted after `steps`, resumed from its checkpoint with the source `next`. */
  async function broken(steps: number, data: FitData, next: FitData, dropout: number, epochs = EPOCHS) {
    let bytes!: Uint8Array;
    const stop = { aborted: false };
    const first = await run(
      data,
      {
        epochs,
        signal: stop as AbortSignal,
        onStep: ({ step }) => void (stop.aborted ||= step === steps),
        checkpoint: { save: (saved) => void (bytes = saved) },
      },
      dropout,
    );
    const rest = await run(next, { epochs, resume: bytes }, dropout);
    return { losses: [...first.losses, ...rest.losses], weights: rest.weights, epochs: rest.epochs };
  }
  const whole = async (data: FitData, dropout: number) => {
    const { losses, weights, epochs } = await run(data, {}, dropout);
    return { losses, weights, epochs };
  };
  /** Rows drawn from gated's generator, all before the epoch's first batch. */
  const drawnFirst = function* () {
    const drawn = rand([6, 2]);
    const rows = drawn.toArray() as number[][];
    drawn.dispose();
    for (const row of rows) yield { input: [row], target: [[row[0]]] };
  };
  /** A batch is drawn when it is read. */
  const drawnLate = async function* () {
    for (let i = 0; i < 6; i++) {
      const row = rand([2]);
      const values = [...row.data()];
      row.dispose();
      yield { input: [values], target: [[values[0]]] };
    }
  };
  const byEpoch = (epoch: number) => BATCHES.map((batch, i) => BATCHES[(i * 5 + epoch) % 6] ?? batch);

  test.each([1, 5, 6, 8, 15])('bit for bit after step %i', async (steps) => {
    for (const data of [againLater, generate, byEpoch, drawnFirst]) {
      expect(await broken(steps, data, data, 0.3)).toEqual(await whole(data, 0.3));
    }
    expect(await broken(steps, drawnLate, drawnLate, 0)).toEqual(await whole(drawnLate, 0));
  });
  test('not where model and source take turns at the generator, nor from what cannot be read again', async () => {
    // The replay draws the epoch's first batches without the dropout masks between them.
    const late = await broken(8, drawnLate, drawnLate, 0.3);
    expect(late.losses.slice(0, 8)).toEqual((await whole(drawnLate, 0.3)).losses.slice(0, 8));
    expect(late.losses).not.toEqual((await whole(drawnLate, 0.3)).losses);
    // A stream of 40 goes on where it was: 2 done, 1 read at the abort, and 2 dropped in the belief that they were done.
    const stream = Array.from({ length: 40 }, (_, i) => BATCHES[i % 6]).values();
    const live = { [Symbol.iterator]: () => ({ next: () => stream.next() }) };
    expect((await broken(2, live, live, 0, 1)).losses).toHaveLength(2 + 35);
  });
  test('checkpoints of every n steps lie between two batches, none at the end of an epoch', async () => {
    const at: string[] = [];
    await run(generate, {
      checkpoint: { every: 2, save: () => void at.push('saved') },
      onStep: ({ step }) => at.push(`${step}`),
    });
    const saves = at.flatMap((x, i) => (x === 'saved' ? [at[i - 1]] : []));
    expect(saves).toEqual(['2', '4', '8', '10', '14', '16', '18']);
  });
});
