// The batcher: the bits of separate streams, whoever waits with whom; order, states, memory.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
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
  Sigmoid,
  Tanh,
} from '../../src/index.js';
import { batcher, type Session } from '../../src/serving.js';
import { numbers } from '../assembly/float64.js';
import { alone, gru, words, x } from './sessions.js';

// No delay ends by itself here, and an audio worklet has no timers of its own.
beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const I = 5;
const MODELS: Record<string, () => Module> = {
  'RNN, 2 layers': () => new RNN({ inputSize: I, hiddenSize: 7, numLayers: 2, nonlinearity: 'relu' }),
  'LSTM, 2 layers': () => new LSTM({ inputSize: I, hiddenSize: 33, numLayers: 2 }),
  'LSTM with projection': () => new LSTM({ inputSize: I, hiddenSize: 9, projSize: 4, numLayers: 2 }),
  'GRU, 3 layers, no bias': () => new GRU({ inputSize: I, hiddenSize: 8, numLayers: 3, bias: false }),
  Linear: () => new Linear({ inFeatures: I, outFeatures: 3 }),
  Sequential: () =>
    new Sequential(
      new ReLU(),
      new Linear({ inFeatures: I, outFeatures: 6 }),
      new Tanh(),
      new GRU({ inputSize: 6, hiddenSize: 10 }),
      new LSTM({ inputSize: 10, hiddenSize: 4 }),
      new Linear({ inFeatures: 4, outFeatures: 2, bias: false }),
      new Sigmoid(),
    ),
};
/** 0 … n - 1 in an order that the seed decides. */
function shuffled(n: number, seed: number): number[] {
  const keys = numbers(n, seed);
  return Array.from({ length: n }, (_, i) => i).sort((a, b) => keys[a] - keys[b]);
}

describe.each(Object.entries(MODELS))('%s', (_name, make) => {
  test('any mixture of sessions gives the bits of separate streams', async () => {
    manualSeed(1);
    const model = make();
    const server = batcher(model, { maxBatch: 7 });
    const sessions = Array.from({ length: 10 }, () => server.open());
    const inputs = sessions.map((_, s) => Array.from({ length: 9 }, (_, t) => x(s * 9 + t, I)));
    const got: number[][][] = sessions.map(() => []);
    const taken = sessions.map(() => 0);
    for (let round = 0; taken.some((t) => t < 9); round++) {
      // 1 to 10 sessions together, so that every number of rows from 1 to 7 occurs.
      const who = shuffled(10, round).filter((s, i) => i <= round % 10 && taken[s] < 9);
      const outputs = await Promise.all(who.map((s) => sessions[s].step(inputs[s][taken[s]++])));
      who.forEach((s, i) => {
        got[s].push([...outputs[i]]);
      });
    }
    expect(got).toEqual(inputs.map((list) => alone(model, list)));
    server.dispose();
    model.dispose();
  });
  test('a plan of 8 rows runs 3 of them: nothing of the others is touched', () => {
    const model = make();
    const stream = model.stream({ batch: 8 });
    const view = stream.step(numbers(8 * I, 1));
    const state = stream.state;
    view.fill(7);
    stream.plan.run(3);
    expect([...view.subarray(3 * stream.outputSize)]).toEqual(new Array(5 * stream.outputSize).fill(7));
    expect(view.subarray(0, 3 * stream.outputSize)).not.toContain(7);
    stream.state.entries.forEach(({ data, shape }, i) => {
      const kept = 3 * shape[1];
      expect([...data.subarray(kept)]).toEqual([...state.entries[i].data.subarray(kept)]);
      expect([...data.subarray(0, kept)]).not.toEqual([...state.entries[i].data.subarray(0, kept)]);
    });
    stream.dispose();
    model.dispose();
  });
  test('nothing leaks, and what dispose frees is everything', async () => {
    const before = memoryInfo().liveBlocks;
    const model = make();
    {
      using server = batcher(model);
      using session = server.open();
      expect((await session.step(new Float32Array(I))).length).toBe(server.outputSize);
      expect(server.inputSize).toBe(I);
    }
    model.dispose();
    expect(memoryInfo().liveBlocks).toBe(before);
  });
});

test('1,000 sessions in random order: bit for bit 1,000 streams', async () => {
  const model = new Sequential(
    new LSTM({ inputSize: 3, hiddenSize: 8, projSize: 5, numLayers: 2 }),
    new Linear({ inFeatures: 5, outFeatures: 2 }),
  );
  const [count, steps] = [1000, 6];
  const server = batcher(model, { maxBatch: 32 });
  const sessions = Array.from({ length: count }, () => server.open());
  expect(server.sessions).toBe(count);
  const inputs = sessions.map((_, s) => Array.from({ length: steps }, (_, t) => x(s * steps + t)));
  const got: number[][][] = sessions.map(() => []);
  // Every session `steps` times in one random order: some wait twice or more in the same batch.
  const taken = sessions.map(() => 0);
  const calls = shuffled(count * steps, 3).map(async (k) => {
    const s = k % count;
    const t = taken[s]++;
    got[s][t] = [...(await sessions[s].step(inputs[s][t]))];
  });
  await Promise.all(calls);
  expect(got).toEqual(inputs.map((list) => alone(model, list)));
  server.dispose();
  model.dispose();
});

test('an Embedding in front takes one index', async () => {
  const model = words();
  const server = batcher(model);
  const sessions = [server.open(), server.open(), server.open()];
  const inputs = [
    [0, 5, 3],
    [2, 1, 1],
    [3, 3, 0],
  ];
  const got: number[][][] = [[], [], []];
  for (let t = 0; t < 3; t++) {
    const forms = [[inputs[0][t]], Int32Array.of(inputs[1][t]), [inputs[2][t]]];
    const outputs = await Promise.all(sessions.map((session, s) => session.step(forms[s])));
    outputs.forEach((output, s) => {
      got[s].push([...output]);
    });
  }
  const each = inputs.map((ids) =>
    alone(
      model,
      ids.map((id) => [id]),
    ),
  );
  expect(got).toEqual(each);
  model.dispose();
  server.dispose();
});

describe('order', () => {
  test('a session’s steps run in the order of the calls, and inputs may be overwritten at once', async () => {
    const model = gru();
    const server = batcher(model, { maxBatch: 2 });
    const [one, two] = [server.open(), server.open()];
    const inputs = Array.from({ length: 8 }, (_, t) => x(t));
    const buffer = new Float32Array(3);
    const call = (session: Session, t: number) => {
      buffer.set(inputs[t]);
      return session.step(buffer);
    };
    const calls = inputs.map((_, t) => call(one, t));
    const other = call(two, 0);
    buffer.fill(Number.NaN);
    const got = (await Promise.all(calls)).map((output) => [...output]);
    expect(got).toEqual(alone(model, inputs));
    expect([...(await other)]).toEqual(got[0]);
    // Each output is a copy of its own.
    const [first, second] = await Promise.all(calls);
    expect(first.buffer).not.toBe(second.buffer);
    server.dispose();
    model.dispose();
  });
  test('save, state, reset and restore come after the steps called before them', async () => {
    const model = gru();
    const server = batcher(model, { maxDelay: 1000 });
    const session = server.open();
    const [stream, want] = [model.stream(), model.stream()];
    const zeros = session.save();
    const steps = [session.step(x(0)), session.step(x(1))];
    const bytes = session.save();
    for (const t of [0, 1]) stream.step(x(t));
    expect(bytes).toEqual(stream.save());
    expect([...(await steps[1])]).toEqual(alone(model, [x(0), x(1)])[1]);
    const before = session.step(x(2));
    session.reset();
    expect([...(await before)]).toEqual([...stream.step(x(2))]);
    expect(session.save()).toEqual(zeros);
    const again = session.step(x(5));
    session.restore(bytes);
    expect([...(await again)]).toEqual([...want.step(x(5))]);
    expect(session.save()).toEqual(bytes);
    server.dispose();
    model.dispose();
  });
});

describe('states travel', () => {
  const make = () =>
    new Sequential(new LSTM({ inputSize: 3, hiddenSize: 4, numLayers: 2 }), new GRU({ inputSize: 4, hiddenSize: 2 }));
  const model = make();
  const server = batcher(model);

  test('saved here and restored there, and back, bit for bit', async () => {
    const [session, stream] = [server.open(), model.stream()];
    for (let t = 0; t < 4; t++) expect([...(await session.step(x(t)))]).toEqual([...stream.step(x(t))]);
    expect(session.save()).toEqual(stream.save());
    const [there, back] = [model.stream(), server.open()];
    there.restore(session.save());
    back.restore(stream.save());
    const clone = server.open();
    clone.state = session.state;
    const want = [...stream.step(x(4))];
    expect([...there.step(x(4))]).toEqual(want);
    for (const one of [session, back, clone]) expect([...(await one.step(x(4)))]).toEqual(want);
    expect(session.state).toEqual(stream.state);
    expect(session.state.entries.map(({ name }) => name)).toEqual(['0.l0.h', '0.l0.c', '0.l1.h', '0.l1.c', '1.l0.h']);
    for (const one of [session, back, clone]) one.close();
  });
  test('damaged bytes and other models’ are FormatError, and change nothing', async () => {
    const session = server.open();
    await session.step(x(0));
    const want = session.save();
    const other = gru().stream();
    expect(() => session.restore(want.subarray(0, want.length - 1))).toThrow(FormatError);
    expect(() => session.restore(other.save())).toThrow(FormatError);
    expect(() => session.restore(model.stream({ batch: 2 }).save())).toThrow(FormatError);
    expect(() => {
      session.state = other.state;
    }).toThrow(FormatError);
    expect(session.save()).toEqual(want);
    session.close();
  });
});

test('maxBatch 1: every step runs at once', async () => {
  const model = gru();
  const server = batcher(model, { maxBatch: 1, maxDelay: 60_000 });
  const session = server.open();
  const outputs = await Promise.all([session.step(x(0)), session.step(x(1))]);
  expect(outputs.map((output) => [...output])).toEqual(alone(model, [x(0), x(1)]));
  server.dispose();
  model.dispose();
});

test('weights that changed count from the next batch', async () => {
  const model = gru();
  const server = batcher(model);
  const [one, two] = [server.open(), server.open()];
  await one.step(x(0));
  model.weight_ih_l0.set(0.25);
  expect([...(await two.step(x(1)))]).toEqual(alone(model, [x(1)])[0]);
  server.dispose();
  model.dispose();
});

test('it goes on when memory has grown', async () => {
  const model = gru();
  const server = batcher(model);
  const session = server.open();
  await session.step(x(0));
  const big = randn([memoryInfo().memoryBytes / 4 + 100_000]);
  expect([...(await session.step(x(1)))]).toEqual(alone(model, [x(0), x(1)])[1]);
  big.dispose();
  server.dispose();
  model.dispose();
});

test('sessions and steps take nothing from linear memory', async () => {
  const model = new Sequential(gru(), new Linear({ inFeatures: 4, outFeatures: 2 }));
  const server = batcher(model, { maxBatch: 16 });
  await server.open().step(x(0));
  const before = memoryInfo();
  const sessions = Array.from({ length: 500 }, () => server.open());
  for (let t = 0; t < 40; t++) await Promise.all(sessions.map((session) => session.step(x(t))));
  expect(memoryInfo()).toEqual(before);
  server.dispose();
  model.dispose();
});
