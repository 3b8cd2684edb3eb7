// The batcher: when a batch runs, and what goes wrong in one session without a word to the others.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  DisposedError,
  DTypeError,
  type GatedError,
  LSTM,
  memoryInfo,
  OutOfMemoryError,
  ShapeError,
  setMemoryLimit,
  UnsupportedError,
  ValueError,
} from '../../src/index.js';
import { type Batcher, batcher } from '../../src/serving.js';
import { alone, gru, words, x } from './sessions.js';

const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'answered',
    (error: GatedError) => error.name,
  );

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

describe('errors', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
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
  test('an index the Embedding has no row for', async () => {
    const model = words();
    const server = batcher(model);
    const sessions = [server.open(), server.open(), server.open()];
    const calls = [sessions[0].step([6]), sessions[1].step([2]), sessions[2].step([0.5]), sessions[2].step([-1])];
    await expect(calls[0]).rejects.toThrow(/session\.step: index is 6 in row 0; expected 0 to 5/);
    expect(await Promise.all(calls.map(code))).toEqual(['ValueError', 'answered', 'DTypeError', 'ValueError']);
    expect([...(await calls[1])]).toEqual(alone(model, [[2]])[0]);
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
