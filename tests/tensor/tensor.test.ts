// Tensors: how they are made, read and written; dtypes; what is refused and how it is said.
import { describe, expect, test } from 'vitest';
import {
  arange,
  concat,
  DTypeError,
  full,
  GraphError,
  Linear,
  manualSeed,
  memoryInfo,
  noGrad,
  ones,
  parameter,
  rand,
  randn,
  randomState,
  ShapeError,
  scope,
  setRandomState,
  stack,
  type Tensor,
  tensor,
  ValueError,
  where,
  zeros,
} from '../../src/index.js';

describe('making', () => {
  test.each<[string, unknown, unknown, string, number[]]>([
    ['a number', 3, undefined, 'float32', []],
    [
      'nested arrays',
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      undefined,
      'float32',
      [2, 3],
    ],
    ['an empty array', [], undefined, 'float32', [0]],
    ['a Float64Array with a shape', new Float64Array(6), [2, 3], 'float32', [2, 3]],
    ['an Int8Array', Int8Array.of(-1, 2), undefined, 'int32', [2]],
    ['a Uint32Array', Uint32Array.of(1, 2), undefined, 'int32', [2]],
    ['a BigInt64Array', BigInt64Array.of(5n), undefined, 'int32', [1]],
    ['bigints', [[1n], [2n]], undefined, 'int32', [2, 1]],
    ['booleans', [true, false], undefined, 'int32', [2]],
    ['typed arrays in an array', [Float32Array.of(1, 2), Float32Array.of(3, 4)], undefined, 'float32', [2, 2]],
    ['numbers as int32', [1, 2], { dtype: 'int32' }, 'int32', [2]],
    ['ints as float32', Int32Array.of(1), { dtype: 'float32' }, 'float32', [1]],
  ])('%s', (_name, data, options, dtype, shape) => {
    const t = tensor(data as never, options as never);
    expect([t.dtype, t.shape]).toEqual([dtype, shape]);
  });
  test.each<[string, () => unknown, new () => Error, RegExp]>([
    ['ragged rows', () => tensor([[1, 2], [3]]), ShapeError as never, /ragged: length 1 at depth 1; expected 2/],
    ['ragged depths', () => tensor([1, [2]] as never), ShapeError as never, /ragged/],
    [
      'a wrong shape',
      () => tensor([1, 2, 3], [2, 2]),
      ShapeError as never,
      /3 elements; expected 4 for shape \[2, 2\]/,
    ],
    ['a shape with a hole', () => tensor([1], [-1]), ValueError as never, /expected non-negative integers/],
    [
      'a bigint out of range',
      () => tensor([2n ** 31n]),
      DTypeError as never,
      /2147483648 at position 0 has no place in int32/,
    ],
    ['a large Uint32', () => tensor(Uint32Array.of(2 ** 32 - 1)), DTypeError as never, /4294967295/],
    ['halves as int32', () => tensor([0.5], { dtype: 'int32' }), DTypeError as never, /0.5 at position 0/],
    ['NaN as int32', () => tensor([Number.NaN], { dtype: 'int32' }), DTypeError as never, /NaN/],
    ['a string', () => tensor('1' as never), DTypeError as never, /got string/],
    ['null inside', () => tensor([null] as never), DTypeError as never, /got null at position 0/],
    ['an int32 parameter', () => parameter(Int32Array.of(1)), DTypeError as never, /int32 takes no gradient/],
    ['arange that leads away', () => arange(0, 5, -1), ValueError as never, /leads from start to end/],
  ])('%s is refused', (_name, make, type, message) => {
    expect(make).toThrow(type);
    expect(make).toThrow(message);
  });
  test('zeros ones full arange', () => {
    expect(zeros([2]).toArray()).toEqual([0, 0]);
    expect(ones([1, 2], { dtype: 'int32' })).toMatchObject({ dtype: 'int32', shape: [1, 2] });
    expect(full([2], 0.1).toArray()).toEqual([Math.fround(0.1), Math.fround(0.1)]);
    expect(arange(3).toArray()).toEqual([0, 1, 2]);
    expect(arange(1, 2, 0.25)).toMatchObject({ dtype: 'float32', shape: [4] });
    expect(arange(5, 1, -2).toArray()).toEqual([5, 3]);
  });
  test('a seed repeats, its state can be taken and put back', () => {
    manualSeed(2 ** 40 + 3);
    const [a, state] = [rand([5]).toArray(), randomState()];
    const b = randn([5]).toArray();
    setRandomState(state);
    expect(randn([5]).toArray()).toEqual(b);
    manualSeed(2 ** 40 + 3);
    expect(rand([5]).toArray()).toEqual(a);
    manualSeed(3);
    expect(rand([5]).toArray()).not.toEqual(a);
    expect(() => manualSeed(-1)).toThrow(ValueError);
    expect(() => setRandomState([1, 2, 3] as never)).toThrow(ValueError);
  });
  test('these bits of seed 0 are the same on every runtime', () => {
    manualSeed(0);
    const words = new Uint32Array((rand([4]).data() as Float32Array).buffer);
    expect([...words].map((w) => w.toString(16))).toEqual(['3ecc4fd0', '3f6169c5', '3f3c57ac', '3f1b00db']);
  });
});

describe('reading and writing', () => {
  test('data is a copy, toArray nests, item wants one element', () => {
    const t = tensor([
      [1, 2],
      [3, 4],
    ]);
    t.data()[0] = 9;
    expect(t.toArray()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(tensor(7).item()).toBe(7);
    expect(() => t.item()).toThrow(/shape is \[2, 2\]; expected exactly one element/);
  });
  test('set: arrays, flat typed arrays, tensors, one number; views see it', () => {
    const t = zeros([2, 2]);
    const view = t.reshape([4]);
    t.set([
      [1, 2],
      [3, 4],
    ]);
    expect(view.toArray()).toEqual([1, 2, 3, 4]);
    t.set(Float32Array.of(5, 6, 7, 8));
    t.set(t.neg());
    expect(view.toArray()).toEqual([-5, -6, -7, -8]);
    t.set(2);
    expect(view.toArray()).toEqual([2, 2, 2, 2]);
    expect(() => t.set([1, 2, 3, 4])).toThrow(/data is \[4\]; expected \[2, 2\]/);
    expect(() => t.set(new Float32Array(3))).toThrow(ShapeError);
    const ints = zeros([1], { dtype: 'int32' });
    expect(() => ints.set([0.5])).toThrow(DTypeError);
  });
  test('a stream’s view of gated’s own memory is copied before memory grows under it', () => {
    // 1 MB a step: soon at the end of memory, also of one that other tests have left large.
    const model = new Linear({ inFeatures: 1, outFeatures: 1 << 18 });
    const stream = model.stream();
    const want = stream.step([2]).slice();
    const before = memoryInfo().memoryBytes;
    scope(() => {
      while (memoryInfo().memoryBytes === before) {
        const copied = tensor(stream.step([2])).data();
        expect(copied.every((x, i) => x === want[i])).toBe(true);
      }
    });
    model.dispose();
  });
  test('toString shows small tensors', () => {
    expect(String(tensor([1, 2]))).toBe('Tensor([1,2], float32)');
    expect(String(parameter([1]))).toBe('Tensor([1], float32, requiresGrad)');
    expect(String(zeros([100]))).toBe('Tensor([100], float32)');
  });
});

describe('dtypes', () => {
  test('int32 stays where it can, float32 wins', () => {
    const [i, f] = [tensor(Int32Array.of(7, -2)), tensor([0.5, 0.5])];
    expect([i.add(i), i.mul(2), i.neg(), i.abs(), i.sum(), i.max()].map((t) => t.dtype)).toEqual(
      Array(6).fill('int32'),
    );
    expect([i.add(f), i.div(i), i.mul(0.5), i.mean(), i.exp(), i.pow(2)].map((t) => t.dtype)).toEqual(
      Array(6).fill('float32'),
    );
    expect(i.div(2).toArray()).toEqual([3.5, -1]);
    expect(i.sum().item()).toBe(5);
    expect(f.argmax().dtype).toBe('int32');
    expect(concat([i, f]).dtype).toBe('float32');
    expect(() => where(f, i, i)).toThrow(DTypeError);
  });
});

describe('shapes', () => {
  test.each<[string, () => unknown, RegExp]>([
    ['add', () => ones([2, 3]).add(ones([2])), /shapes \[2, 3\] and \[2\] do not broadcast/],
    ['matmul', () => ones([2, 3]).matmul(ones([2, 3])), /inner sizes 3 and 2 differ/],
    ['matmul of a scalar', () => ones([]).matmul(ones([1])), /expected rank 1 or more/],
    ['reshape', () => ones([6]).reshape([4, -1]), /\[6\] to \[4, -1\]; expected 6 elements/],
    ['concat', () => concat([ones([2, 2]), ones([2, 3])], 0), /\[2, 3\] beside \[2, 2\] along dim 0/],
    ['stack', () => stack([ones([2]), ones([3])]), /expected one shape/],
    ['concat of nothing', () => concat([]), /at least one/],
    ['softmax dim', () => ones([2]).softmax(1), /dim is 1; expected an integer from -1 to 0/],
    ['permute', () => ones([2, 3]).permute([0, 0]), /each of the 2 dimensions once/],
    ['select', () => ones([2]).select(0, 2), /index is 2; expected an integer from -2 to 1/],
    [
      'gather',
      () => ones([2, 2]).gather(1, tensor(Int32Array.of(0, 2), [2, 1])),
      /position 1 is out of range; expected 0 to 1/,
    ],
    [
      'gather shape',
      () => ones([2, 2]).gather(1, tensor(Int32Array.of(0), [1, 1])),
      /expected int32 and \[2, 2\] but for dim 1/,
    ],
    ['max of nothing', () => zeros([0]).max(), /nothing to reduce/],
  ])('%s', (_name, make, message) => {
    expect(make).toThrow(message);
  });
  test('empty tensors pass through', () => {
    const none = zeros([0, 3]);
    expect(none.add(1).shape).toEqual([0, 3]);
    expect(none.sum().item()).toBe(0);
    expect(none.sum(0).toArray()).toEqual([0, 0, 0]);
    expect(none.matmul(ones([3, 2])).shape).toEqual([0, 2]);
    expect(
      ones([2, 0])
        .matmul(ones([0, 2]))
        .toArray(),
    ).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(none.transpose(0, 1).shape).toEqual([3, 0]);
    expect(concat([none, ones([1, 3])]).toArray()).toEqual([[1, 1, 1]]);
  });
});

describe('gradients', () => {
  test('requiresGrad: leaves only, float32 only', () => {
    const x = tensor([1, 2], { requiresGrad: true });
    const y = x.mul(2);
    expect([x.requiresGrad, y.requiresGrad, y.detach().requiresGrad, noGrad(() => x.mul(2)).requiresGrad]).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(() => {
      y.requiresGrad = false;
    }).toThrow(/detach\(\)/);
    expect(() => {
      tensor(Int32Array.of(1)).requiresGrad = true;
    }).toThrow(DTypeError);
  });
  test('backward: one element or a gradient of the shape', () => {
    const x = tensor([1, 2], { requiresGrad: true });
    expect(() => x.mul(2).backward()).toThrow(/shape is \[2\]; expected one element, or a gradient/);
    expect(() => x.mul(2).backward({ gradient: ones([3]) })).toThrow(ShapeError);
    x.mul(2).backward({ gradient: tensor([1, 10]) });
    expect(x.grad!.toArray()).toEqual([2, 20]);
    x.mul(3).backward({ gradient: ones([2]) });
    expect(x.grad!.toArray()).toEqual([5, 23]);
    expect(() => ones([1]).backward()).toThrow(GraphError);
  });
  test('retainGrad keeps the gradient of a result; two uses add', () => {
    const x = tensor([3], { requiresGrad: true });
    const y = x.mul(x);
    y.retainGrad();
    y.add(y).sum().backward();
    expect([y.grad!.item(), x.grad!.item()]).toEqual([2, 12]);
  });
  test('gradients that flow unchanged to two leaves are two tensors', () => {
    const [a, b] = [tensor([1], { requiresGrad: true }), tensor([1], { requiresGrad: true })];
    a.add(b).sum().backward();
    a.grad!.set(5);
    expect(b.grad!.item()).toBe(1);
  });
  test('grad can be assigned, in its shape', () => {
    const x = parameter([1, 2]);
    x.grad = ones([2]);
    expect(() => {
      x.grad = ones([3]);
    }).toThrow(ShapeError);
    x.grad = null;
    expect(x.grad).toBeNull();
  });
  test('a graph of 50,000 nodes goes back and is freed', () => {
    scope(() => {
      const x = tensor([1], { requiresGrad: true });
      let y: Tensor = x;
      for (let i = 0; i < 50_000; i++) y = y.add(1);
      y.backward();
      expect(x.grad!.item()).toBe(1);
    });
  });
});
