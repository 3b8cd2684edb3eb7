// The batcher: the bits of separate streams, whoever waits with whom; limits, order, errors, lifetimes.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  type Batcher,
  batcher,
  DisposedError,
  DTypeError,
  Embedding,
  FormatError,
  type GatedError,
  GRU,
  Linear,
  LSTM,
  type Module,
  manualSeed,
  memoryInfo,
  OutOfMemoryError,
  ReLU,
  RNN,
  randn,
  Sequential,
  type Session,
  ShapeError,
  Sigmoid,
  setMemoryLimit,
  Tanh,
  UnsupportedError,
  ValueError,
} from '../../src/index.js';
import { numbers } from '../assembly/float64.js';

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
const words = () =>
  new Sequential(
    new Embedding({ numEmbeddings: 6, embeddingDim: 3 }),
    new GRU({ inputSize: 3, hiddenSize: 4 }),
    new Linear({ inFeatures: 4, outFeatures: 2 }),
  );
const gru = () => new GRU({ inputSize: 3, hiddenSize: 4 });
const x = (seed: number, size = 3) => numbers(size, seed + 1);
const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'answered',
    (error: GatedError) => error.name,
  );

/** The outputs of a stream of its own. */
function alone(model: Module, inputs: readonly ArrayLike<number>[]): number[][] {
  const stream = model.stream();
  const outputs = inputs.map((input) => [...stream.step(input as Float32Array)]);
  stream.dispose();
  return outputs;
}

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
  // A bad one is refused on the spot; the others do not notice.
  const calls = [sessions[0].step([6]), sessions[1].step([2]), sessions[2].step([0.5]), sessions[2].step([-1])];
  await expect(calls[0]).rejects.toThrow(/session\.step: index is 6 in row 0; expected 0 to 5/);
  expect(await Promise.all(calls.map(code))).toEqual(['ValueError', 'answered', 'DTypeError', 'ValueError']);
  expect([...(await calls[1])]).toEqual(alone(model, [[2], [1], [1], [2]])[3]);
  model.dispose();
  server.dispose();
});

describe('when a batch runs', () => {
  const model = gru();
  let server: Batcher;
  let done: string[];
  const watch = (name: string, promise: Promise<unknown>) => promise.then(() => done.push(name));
  /** Lets promises settle without letting time pass. */
  const settle = () => vi.advanceTimersByTimeAsync(0);
  beforeEach(() => {
    vi.useFakeTimers();
    done = [];
    server = batcher(model, { maxBatch: 3, maxDelay: 5 });
  });
  afterEach(() => {
    server.dispose();
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  test('at once when maxBatch sessions wait', async () => {
    for (const name of ['a', 'b']) watch(name, server.open().step(x(0)));
    await settle();
    expect(done).toEqual([]);
    watch('c', server.open().step(x(0)));
    expect(vi.getTimerCount()).toBe(0);
    await settle();
    expect(done).toEqual(['a', 'b', 'c']);
  });
  test('maxDelay after the first began to wait', async () => {
    watch('a', server.open().step(x(0)));
    await vi.advanceTimersByTimeAsync(4);
    watch('b', server.open().step(x(0)));
    await settle();
    expect(done).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(done).toEqual(['a', 'b']);
    // A new first waiter has its own delay.
    watch('c', server.open().step(x(0)));
    await vi.advanceTimersByTimeAsync(4);
    expect(done.length).toBe(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(done.length).toBe(3);
  });
  test('queued steps run with the batch their time is up with: none waits longer than maxDelay', async () => {
    const [a, b, c] = [server.open(), server.open(), server.open()];
    watch('a1', a.step(x(1)));
    await vi.advanceTimersByTimeAsync(3);
    watch('a2', a.step(x(2)));
    watch('a3', a.step(x(3)));
    watch('b1', b.step(x(1)));
    watch('c1', c.step(x(1))); // full: the first three run, a2 takes its place
    await settle();
    expect(done).toEqual(['a1', 'b1', 'c1']);
    await vi.advanceTimersByTimeAsync(2); // 5 ms after a1
    expect(done).toEqual(['a1', 'b1', 'c1', 'a2', 'a3']);
  });
  test('closing the only one that waits takes its timer away', async () => {
    const session = server.open();
    const step = code(session.step(x(0)));
    await vi.advanceTimersByTimeAsync(4);
    session.close();
    expect(await step).toBe('DisposedError');
    expect(vi.getTimerCount()).toBe(0);
  });
  test('maxDelay 0: at the end of the turn, without a timer', async () => {
    const quick = batcher(model, { maxBatch: 8 });
    watch('a', quick.open().step(x(0)));
    await null; // still the same turn
    watch('b', quick.open().step(x(0)));
    expect(vi.getTimerCount()).toBe(0);
    await settle();
    expect(done).toEqual(['a', 'b']);
    quick.dispose();
  });
  test('without setTimeout, as in an AudioWorklet: maxDelay 0 works, another is refused', async () => {
    const { setTimeout: kept, queueMicrotask: queue } = globalThis;
    Object.assign(globalThis, { setTimeout: undefined, queueMicrotask: undefined });
    try {
      expect(() => batcher(model, { maxDelay: 1 })).toThrow(UnsupportedError);
      const quick = batcher(model);
      expect([...(await quick.open().step(x(0)))]).toEqual(alone(model, [x(0)])[0]);
      quick.dispose();
    } finally {
      Object.assign(globalThis, { setTimeout: kept, queueMicrotask: queue });
    }
  });
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

describe('errors', () => {
  test('options', () => {
    const model = gru();
    const before = memoryInfo().liveBlocks;
    const refused = (options: object) => expect(() => batcher(model, options));
    refused({ maxBatch: 0 }).toThrow(/batcher: maxBatch is 0; expected an integer of at least 1/);
    refused({ maxBatch: 2.5 }).toThrow(ValueError);
    for (const maxDelay of [-1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, '2']) {
      refused({ maxDelay }).toThrow(/batcher: maxDelay is .*; expected a number of milliseconds from 0 to 2147483647/);
    }
    refused({ max_batch: 2 }).toThrow(/unknown option 'max_batch'; expected maxBatch, maxDelay/);
    expect(memoryInfo().liveBlocks).toBe(before);
    const whole = new LSTM({ inputSize: 2, hiddenSize: 2, bidirectional: true });
    expect(() => batcher(whole)).toThrow(/whole sequence/);
    whole.dispose();
    model.dispose();
    expect(() => batcher(model)).toThrow(DisposedError);
  });
  test('a bad input rejects its own step only, and leaves its session as it was', async () => {
    const model = gru();
    const server = batcher(model);
    const sessions = Array.from({ length: 5 }, () => server.open());
    const bad = [
      sessions[0].step([1, 2]),
      sessions[1].step(new Float32Array(4)),
      sessions[2].step([[1, 2], [3]] as never),
      sessions[3].step(['x', 2, 3] as never),
      sessions[3].step(null as never),
    ];
    const good = sessions.map((session) => session.step(x(0)));
    await expect(bad[0]).rejects.toThrow(/session\.step: input has 2 elements; expected 1 × 3/);
    expect(await Promise.all(bad.map(code))).toEqual([
      'ShapeError',
      'ShapeError',
      'ShapeError',
      'DTypeError',
      'DTypeError',
    ]);
    const [want] = alone(model, [x(0)]);
    for (const output of await Promise.all(good)) expect([...output]).toEqual(want);
    await expect(bad[1]).rejects.toThrow(ShapeError);
    await expect(bad[3]).rejects.toThrow(DTypeError);
    server.dispose();
    model.dispose();
  });
  test('a closed session', async () => {
    const model = words();
    const server = batcher(model, { maxBatch: 8 });
    const sessions = Array.from({ length: 4 }, () => server.open());
    const steps = sessions.map((session, s) => session.step([s]));
    const queued = sessions[1].step([5]);
    sessions[1].close();
    sessions[1].close();
    expect(server.sessions).toBe(3);
    // The others, one of whom moved into the free row, are answered as if nothing had happened.
    expect(await Promise.all([...steps, queued].map(code))).toEqual([
      'answered',
      'DisposedError',
      'answered',
      'answered',
      'DisposedError',
    ]);
    for (const s of [0, 2, 3]) expect([...(await steps[s])]).toEqual(alone(model, [[s]])[0]);
    await expect(sessions[1].step([0])).rejects.toThrow(/session\.step: close\(\) was called on this session/);
    expect(() => sessions[1].save()).toThrow(DisposedError);
    expect(() => sessions[1].state).toThrow(DisposedError);
    expect(() => sessions[1].reset()).toThrow(DisposedError);
    expect(() => sessions[1].restore(new Uint8Array(4))).toThrow(DisposedError);
    server.dispose();
    model.dispose();
  });
  test('a disposed batcher or model', async () => {
    const model = gru();
    const [server, other] = [batcher(model, { maxDelay: 60_000 }), batcher(model)];
    const [one, two, three] = [server.open(), server.open(), other.open()];
    const steps = [one.step(x(0)), one.step(x(1)), two.step(x(0))];
    server.dispose();
    server.dispose();
    expect(await Promise.all(steps.map(code))).toEqual(['DisposedError', 'DisposedError', 'DisposedError']);
    expect(server.sessions).toBe(0);
    await expect(one.step(x(0))).rejects.toThrow(/dispose\(\) was called on this batcher/);
    expect(() => server.open()).toThrow(DisposedError);
    one.close();
    expect(server.sessions).toBe(0);
    const last = three.step(x(0));
    model.dispose();
    await expect(last).rejects.toThrow(/the model of this batcher was disposed/);
    await expect(three.step(x(0))).rejects.toThrow(DisposedError);
    expect(() => other.open()).toThrow(DisposedError);
    other.dispose();
  });
  test('no room for changed weights: the batch is rejected, its states are as before', async () => {
    const model = new LSTM({ inputSize: 3, hiddenSize: 40 });
    const server = batcher(model, { maxBatch: 4 });
    const sessions = [server.open(), server.open(), server.open()];
    await Promise.all(sessions.map((session, s) => session.step(x(s))));
    const before = sessions.map((session) => session.save());
    const old = model.weight_hh_l0;
    model.weight_hh_l0 = new LSTM({ inputSize: 3, hiddenSize: 40 }).weight_hh_l0; // not packed yet
    setMemoryLimit(memoryInfo().liveBytes);
    try {
      const steps = sessions.map((session, s) => session.step(x(s + 9)));
      for (const step of steps) await expect(step).rejects.toThrow(OutOfMemoryError);
      expect(sessions.map((session) => session.save())).toEqual(before);
    } finally {
      setMemoryLimit(Number.POSITIVE_INFINITY);
    }
    model.weight_hh_l0 = old;
    const after = await Promise.all(sessions.map((session, s) => session.step(x(s + 9))));
    after.forEach((output, s) => {
      expect([...output]).toEqual(alone(model, [x(s), x(s + 9)])[1]);
    });
    server.dispose();
    model.dispose();
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
