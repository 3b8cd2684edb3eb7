// The twelve lifetime rules of the design (ARCHITECTURE.md, "Lifetimes"); each test states the number of its rule.
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  Adam,
  DisposedError,
  GraphError,
  keep,
  Linear,
  LSTM,
  memoryInfo,
  mseLoss,
  noGrad,
  OutOfMemoryError,
  ones,
  PackedSequence,
  packPaddedSequence,
  parameter,
  randn,
  SGD,
  scope,
  setMemoryLimit,
  type Tensor,
  tensor,
  ValueError,
} from '../../src/index.js';

const live = () => memoryInfo().liveBlocks;
afterEach(() => setMemoryLimit(Number.POSITIVE_INFINITY));

describe('rule 1: blocks are counted', () => {
  test('dispose drops a handle; a block that a node needs lives on', () => {
    const before = live();
    const w = parameter([2, 3]);
    const x = tensor([5, 7]);
    const product = w.mul(x);
    const loss = product.sum();
    product.dispose();
    x.dispose();
    expect(x.disposed).toBe(true);
    loss.backward();
    expect(w.grad!.toArray()).toEqual([5, 7]);
    loss.dispose();
    w.dispose();
    expect(live()).toBe(before);
  });
  test('a view keeps the memory of what it views', () => {
    const before = live();
    const x = tensor([
      [1, 2],
      [3, 4],
    ]);
    const flat = x.reshape([4]);
    x.dispose();
    expect(flat.toArray()).toEqual([1, 2, 3, 4]);
    flat.dispose();
    expect(live()).toBe(before);
  });
  test('dispose twice is nothing', () => {
    const before = live();
    const x = ones([3]);
    x.dispose();
    x.dispose();
    expect(live()).toBe(before);
  });
});

describe('rule 2: backward frees what it walked', () => {
  test('a second backward is GraphError', () => {
    scope(() => {
      const w = parameter([2]);
      const loss = w.mul(w).sum();
      loss.backward();
      expect(() => loss.backward()).toThrow(GraphError);
      w.dispose();
    });
  });
  test('retainGraph allows it, with the same gradients', () => {
    scope(() => {
      const lstm = new LSTM({ inputSize: 3, hiddenSize: 4, bidirectional: true });
      const loss = lstm.forward(randn([5, 2, 3]))[0].sum();
      loss.backward({ retainGraph: true });
      const first = lstm.weight_hh_l0.grad!.data();
      lstm.zeroGrad();
      loss.backward();
      expect(lstm.weight_hh_l0.grad!.data()).toEqual(first);
      lstm.dispose();
    });
  });
  test('a state carried without detach is GraphError that says so', () => {
    const lstm = new LSTM({ inputSize: 2, hiddenSize: 2 });
    const x = randn([3, 1, 2]);
    const [first, state] = lstm.forward(x);
    first.sum().backward();
    const [second] = lstm.forward(x, state);
    expect(() => second.sum().backward()).toThrow(/detach\(\)/);
    lstm.dispose();
  });
});

describe('rule 3: the end of a scope', () => {
  test('what is not in the result is disposed, views and detach() too', () => {
    const before = live();
    let inside: Tensor[] = [];
    const y = scope(() => {
      const x = ones([4]);
      inside = [x, x.reshape([2, 2]), x.detach(), x.add(1)];
      return x.mul(2);
    });
    expect(inside.every((t) => t.disposed)).toBe(true);
    expect(y.toArray()).toEqual([2, 2, 2, 2]);
    y.dispose();
    expect(live()).toBe(before);
  });
  test('the result is searched through arrays, objects, Map and PackedSequence', () => {
    const result = scope(() => ({
      list: [ones([1])],
      map: new Map([['a', ones([1])]]),
      packed: packPaddedSequence(ones([3, 2, 1]), [3, 1]),
    }));
    expect(result.list[0].item()).toBe(1);
    expect(result.map.get('a')!.item()).toBe(1);
    expect(result.packed).toBeInstanceOf(PackedSequence);
    expect(result.packed.data.shape).toEqual([4, 1]);
  });
  test('keep(x) saves what is not in the result', () => {
    let kept!: Tensor;
    scope(() => {
      kept = keep(ones([2]));
    });
    expect(kept.toArray()).toEqual([1, 1]);
    kept.dispose();
  });
});

describe('rule 4: survivors and carried', () => {
  test('survivors belong to the enclosing scope', () => {
    let inner!: Tensor;
    scope(() => {
      inner = scope(() => ones([2]));
      expect(inner.disposed).toBe(false);
    });
    expect(inner.disposed).toBe(true);
  });
  test('carried is freed unless returned: a loop is flat', () => {
    const lstm = new LSTM({ inputSize: 3, hiddenSize: 4 });
    let state: readonly [Tensor, Tensor] = [ones([1, 2, 4]), ones([1, 2, 4])];
    const x = ones([5, 2, 3]);
    const step = (s: readonly [Tensor, Tensor]) => {
      const [output, [h, c]] = lstm.forward(x, s);
      output.sum().backward();
      lstm.zeroGrad();
      return [h.detach(), c.detach()] as const;
    };
    state = scope(step, state);
    const { liveBlocks, memoryBytes } = memoryInfo();
    for (let i = 0; i < 1000; i++) state = scope(step, state);
    expect(memoryInfo()).toMatchObject({ liveBlocks, memoryBytes });
    for (const t of state) t.dispose();
    lstm.dispose();
    x.dispose();
  });
  test('if fn throws, even what it kept is freed', () => {
    const before = live();
    expect(() =>
      scope(() => {
        keep(ones([3]));
        throw new Error('stop');
      }),
    ).toThrow('stop');
    expect(live()).toBe(before);
  });
  test('if fn throws, what it made is freed and carried stays', () => {
    const carried = ones([2]);
    const before = live();
    expect(() =>
      scope((c) => {
        c.add(1);
        throw new Error('stop');
      }, carried),
    ).toThrow('stop');
    expect(live()).toBe(before);
    expect(carried.toArray()).toEqual([1, 1]);
    carried.dispose();
  });
});

describe('rule 5: what is never a scope’s', () => {
  test('parameters, modules, optimizer state, packed weights, streams, .grad of outer tensors', () => {
    const made = scope(() => {
      const model = new Linear({ inFeatures: 2, outFeatures: 2 });
      const optimizer = new Adam(model.parameters(), { lr: 0.1 });
      model
        .forward(ones([1, 2]))
        .sum()
        .backward();
      optimizer.step();
      return { hidden: [model, optimizer, model.stream()] as const, w: [parameter([1])] };
    });
    const [model, optimizer, stream] = made.hidden;
    expect(model.weight.grad).not.toBeNull();
    optimizer.step();
    expect(stream.step([1, 2])).toHaveLength(2);
    expect(made.w[0].item()).toBe(1);
    stream.dispose();
    optimizer.dispose();
    model.dispose();
  });
  test('.grad of a tensor made inside goes with it, unless it is the result', () => {
    const before = live();
    let inside!: Tensor;
    scope(() => {
      const x = tensor([1, 2], { requiresGrad: true });
      x.mul(3).sum().backward();
      inside = x.grad!;
    });
    expect(inside.disposed).toBe(true);
    const grad = scope(() => {
      const x = tensor([1, 2], { requiresGrad: true });
      x.mul(3).sum().backward();
      return x.grad!;
    });
    expect(grad.toArray()).toEqual([3, 3]);
    grad.dispose();
    expect(live()).toBe(before);
  });
});

test('rule 6: a loss may leave its scope and be differentiated outside', () => {
  const before = live();
  const w = parameter([
    [1, 2],
    [3, 4],
  ]);
  const loss = scope(() =>
    w
      .matmul(tensor([[1], [1]]))
      .tanh()
      .sum(),
  );
  loss.backward();
  expect(w.grad!.shape).toEqual([2, 2]);
  loss.dispose();
  w.dispose();
  expect(live()).toBe(before);
});

describe('rule 7: noGrad is no scope', () => {
  test('both nest in any order and restore their state on a throw', () => {
    const w = parameter([1]);
    const x = noGrad(() => scope(() => w.mul(2)));
    expect(x.disposed).toBe(false);
    expect(x.requiresGrad).toBe(false);
    const y = scope(() => noGrad(() => w.mul(2)));
    expect(y.requiresGrad).toBe(false);
    expect(() =>
      scope(() =>
        noGrad(() => {
          throw new Error('stop');
        }),
      ),
    ).toThrow('stop');
    expect(w.mul(2).requiresGrad).toBe(true);
  });
});

test('rule 8: promises are refused', () => {
  // @ts-expect-error a promise is no result of a scope
  expect(() => scope(async () => ones([1]))).toThrow(ValueError);
  // @ts-expect-error nor of noGrad
  expect(() => noGrad(async () => ones([1]))).toThrow(/await between/);
});

test('rule 9: a disposed tensor throws DisposedError with shape, maker and reason', () => {
  let x!: Tensor;
  scope(() => {
    x = ones([2, 3]).exp();
  });
  expect(() => x.add(1)).toThrow(DisposedError);
  expect(() => x.data()).toThrow(/\[2, 3\].*exp.*its scope ended; return or keep\(\) it/);
  const y = ones([1]);
  y.dispose();
  expect(() => y.item()).toThrow(/dispose\(\) was called/);
  {
    using z = ones([1]);
    expect(z.item()).toBe(1);
    x = z;
  }
  expect(x.disposed).toBe(true);
});

describe('rule 10: changes between forward and backward', () => {
  const model = () => new Linear({ inFeatures: 2, outFeatures: 1 });
  test.each([
    ['set', (m: Linear) => m.weight.set([[1, 1]])],
    ['loadStateDict', (m: Linear) => m.loadStateDict({ weight: [[1, 1]], bias: [1] })],
    [
      'step',
      (m: Linear) => {
        m.weight.grad = ones([1, 2]);
        new SGD(m.parameters(), { lr: 1 }).step();
      },
    ],
  ])('%s is GraphError', (_name, change) => {
    const m = model();
    const x = tensor([[1, 2]], { requiresGrad: true });
    const loss = m.forward(x).sum();
    change(m);
    expect(() => loss.backward()).toThrow(GraphError);
    m.dispose();
  });
  test('not where backward does not need the block', () => {
    const w = parameter([1, 2]);
    const loss = w.add(1).sum();
    w.set([5, 6]);
    loss.backward();
    expect(w.grad!.toArray()).toEqual([1, 1]);
  });
});

describe('rule 11: out of memory changes nothing', () => {
  test('in the middle of training: weights, optimizer state and gradients as before', () => {
    const model = new LSTM({ inputSize: 8, hiddenSize: 32 });
    const optimizer = new Adam(model.parameters(), { lr: 0.01 });
    const train = (rows: number) =>
      scope(() => {
        const [output] = model.forward(ones([10, rows, 8]));
        mseLoss(output, ones(output.shape.slice())).backward();
        optimizer.step();
        optimizer.zeroGrad();
      });
    train(2);
    const weights = Object.values(model.stateDict()).map((t) => t.data());
    const state = optimizer.stateDict();
    const blocks = live();
    for (const spare of [1_000, 40_000, 200_000, 600_000, 1_200_000, 2_000_000]) {
      setMemoryLimit(memoryInfo().liveBytes + spare);
      expect(() => train(200)).toThrow(OutOfMemoryError);
      setMemoryLimit(Number.POSITIVE_INFINITY);
      expect(live()).toBe(blocks);
      expect(Object.values(model.stateDict()).map((t) => t.data())).toEqual(weights);
      expect(optimizer.stateDict()).toEqual(state);
      expect(model.parameters().every((p) => p.grad === null)).toBe(true);
    }
    train(2);
    optimizer.dispose();
    model.dispose();
  });
  test('the message names bytes, use and limit', () => {
    setMemoryLimit(memoryInfo().liveBytes + 4096);
    expect(() => ones([1 << 20])).toThrow(/needs 4194304 bytes more; \d+ in use.*limit \d+/);
  });
  test('an existing .grad keeps its values when backward runs out of memory', () => {
    const w = parameter(ones([64, 64]));
    w.matmul(ones([64, 1]))
      .sum()
      .backward();
    const before = w.grad!.data();
    const loss = scope(() => w.matmul(ones([64, 4096])).sum());
    setMemoryLimit(memoryInfo().liveBytes + 100_000);
    expect(() => loss.backward()).toThrow(OutOfMemoryError);
    expect(w.grad!.data()).toEqual(before);
    w.dispose();
    loss.dispose();
  });
});

test('rule 12: one warning at 256 MB outside every scope', () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const big = Array.from({ length: 5 }, () => ones([16 << 20]));
  expect(warn).toHaveBeenCalledTimes(1);
  expect(warn.mock.calls[0][0]).toMatch(/scope/);
  for (const t of big) t.dispose();
  warn.mockRestore();
});
