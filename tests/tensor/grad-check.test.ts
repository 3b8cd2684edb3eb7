// gradCheck itself: it finds wrong gradients, and leaves no trace. (That right ones pass: tests/ops/gradients.test.ts.)
import { expect, test } from 'vitest';
import {
  concat,
  GRU,
  gradCheck,
  manualSeed,
  memoryInfo,
  parameter,
  rand,
  randomState,
  tensor,
  ValueError,
} from '../../src/index.js';

/** x², with the gradient of x² / 2: half of it does not know where it comes from. */
const wrong = (x: ReturnType<typeof tensor>) => x.mul(x.detach());

test('a wrong gradient is an error that says where, or false', () => {
  const [a, b] = [parameter([0, 1]), parameter([0.5, 3, 0.25])];
  const fn = () => concat([a, wrong(b)]);
  expect(() => gradCheck(fn, [a, b])).toThrow(ValueError);
  expect(() => gradCheck(fn, [a, b])).toThrow(/gradCheck: input 1, element \d: backward gives .*, differences /);
  expect(gradCheck(fn, [a, b], { raiseException: false })).toBe(false);
  expect(gradCheck(fn, [a])).toBe(true);
  // A tolerance as large as the gradient lets everything pass.
  expect(gradCheck(fn, [b], { rtol: 1 })).toBe(true);
});

test('NaN does not pass', () => {
  expect(gradCheck((x) => x.log(), [parameter([-1])], { raiseException: false })).toBe(false);
});

test('an input that the result does not depend on has the gradient 0; others are given and not checked', () => {
  const [x, unused, constant] = [parameter([1, 2]), parameter([3]), tensor([4, 5])];
  expect(gradCheck((a, _, c) => a.mul(c), [x, unused, constant])).toBe(true);
  expect(() => gradCheck((c) => c, [constant])).toThrow(/no input has requiresGrad/);
});

test('values, gradients, memory and the random generator are as before, also after an error', () => {
  manualSeed(1);
  const model = new GRU({ inputSize: 2, hiddenSize: 3 });
  const x = parameter(rand([4, 2]));
  x.grad = tensor([
    [1, 2],
    [3, 4],
    [5, 6],
    [7, 8],
  ]);
  const before = [x, ...model.parameters()].map((p) => p.data());
  const random = randomState();
  const { liveBlocks } = memoryInfo();
  expect(gradCheck((input) => model.forward(input), [x, ...model.parameters()])).toBe(true);
  expect(() => gradCheck(wrong, [x])).toThrow(ValueError);
  expect([x, ...model.parameters()].map((p) => p.data())).toEqual(before);
  expect(x.grad.data()).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8));
  expect(model.parameters().map((p) => p.grad)).toEqual([null, null, null, null]);
  expect(randomState()).toEqual(random);
  // model.forward packs weights once; nothing else may stay.
  expect(memoryInfo().liveBlocks - liveBlocks).toBeLessThanOrEqual(4);
  model.dispose();
});
