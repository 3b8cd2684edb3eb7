import { describe, expect, test } from 'vitest';
import { ValueError } from '../../src/errors.js';
import { GATE_ORDERS, reorderGates } from '../../src/weights/gate-orders.js';

/** Blocks whose every element names its gate: 'ifgo' in blocks of 2 is iiffggoo in character codes. */
const stack = (order: string, blockLength: number, groups = 1) =>
  Float32Array.from(
    Array.from({ length: groups }, (_, n) =>
      [...order].flatMap((gate) => Array(blockLength).fill(100 * n + gate.charCodeAt(0))),
    ).flat(),
  );

describe.each(['lstm', 'gru'] as const)('%s', (kind) => {
  const orders = Object.entries(GATE_ORDERS[kind]);
  const pairs = orders.flatMap(([a, from]) => orders.map(([b, to]) => [a, b, from, to]));

  test.each(pairs)('%s to %s', (_a, _b, from, to) => {
    for (const [blockLength, groups] of [
      [1, 1],
      [3, 1],
      [2, 5],
    ]) {
      const data = stack(from, blockLength, groups);
      const before = data.slice();
      expect(reorderGates(data, blockLength, from, to)).toEqual(stack(to, blockLength, groups));
      expect(data).toEqual(before);
    }
  });
});

test('the orders are those of the frameworks, written out', () => {
  const blocks = Int32Array.of(1, 2, 3, 4);
  const { lstm, gru } = GATE_ORDERS;
  // ONNX W is [i o f c]; TensorFlow 1 is [i j f o].
  expect([...reorderGates(blocks, 1, lstm.onnx, lstm.torch)]).toEqual([1, 3, 4, 2]);
  expect([...reorderGates(blocks, 1, lstm.tensorflow1, lstm.torch)]).toEqual([1, 3, 2, 4]);
  expect([...reorderGates(blocks, 1, lstm.keras, lstm.torch)]).toEqual([1, 2, 3, 4]);
  // Keras and ONNX are [z r h].
  expect([...reorderGates(blocks.subarray(0, 3), 1, gru.keras, gru.torch)]).toEqual([2, 1, 3]);
  expect([...reorderGates(blocks.subarray(0, 3), 1, gru.onnx, gru.torch)]).toEqual([2, 1, 3]);
});

test('orders of one framework alone, such as ONNX peepholes', () => {
  expect([...reorderGates(Float32Array.of(1, 2, 3), 1, 'iof', 'ifo')]).toEqual([1, 3, 2]);
  expect(reorderGates(new Float32Array(0), 4, 'rzn', 'zrn')).toEqual(new Float32Array(0));
});

test.each([
  [8, 2, 'ifgo', 'rzn'],
  [8, 2, 'ifgo', 'ifgg'],
  [8, 2, 'ifgg', 'ifgo'],
  [8, 2, 'ifgg', 'ifgg'],
  [8, 2, 'ifgo', 'ifg'],
  [9, 2, 'ifgo', 'iofg'],
  [8, 0, 'ifgo', 'iofg'],
  [8, 0.5, 'ifgo', 'iofg'],
  [8, -2, 'ifgo', 'iofg'],
])('%d elements in blocks of %d from %s to %s is a ValueError', (length, blockLength, from, to) => {
  expect(() => reorderGates(new Float32Array(length), blockLength, from, to)).toThrow(ValueError);
});
