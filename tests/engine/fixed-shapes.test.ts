// Steps of the same shape, one after the other: everything lies where it lay in the step before, and memory is as it was.
import { describe, expect, test } from 'vitest';
import { allocate, enterFrame, leaveFrame, memoryInfo } from '../../src/engine/memory.js';
import {
  Adam,
  clipGradNorm,
  GRU,
  Linear,
  LSTM,
  Module,
  mseLoss,
  noGrad,
  rand,
  scope,
  type Tensor,
} from '../../src/index.js';

class Net extends Module {
  lstm = new LSTM({ inputSize: 5, hiddenSize: 9, numLayers: 2, bidirectional: true, dropout: 0.2 });
  gru = new GRU({ inputSize: 18, hiddenSize: 7 });
  head = new Linear({ inFeatures: 7, outFeatures: 3 });
  forward(x: Tensor): Tensor {
    return this.head.forward(this.gru.forward(this.lstm.forward(x)[0])[0]);
  }
}

const address = (x: Tensor) => x.operand('test').block.ptr;

/** Where the tensors of each step lay; the first two steps make packed weights and optimizer state. */
function places(steps: number, step: () => number[]): { at: number[]; memoryBytes: number; liveBytes: number }[] {
  const seen = Array.from({ length: steps }, () => {
    const at = step();
    const { memoryBytes, liveBytes } = memoryInfo();
    return { at, memoryBytes, liveBytes };
  });
  return seen.slice(2);
}

describe('fixed shapes', () => {
  const net = new Net();
  const parameters = net.parameters();
  const optimizer = new Adam(parameters);
  const x = rand([6, 4, 5]);
  const longer = rand([11, 4, 5]);
  const target = rand([6, 4, 3]);

  const infer = (input = x) =>
    noGrad(() =>
      scope(() => {
        const y = net.forward(input);
        return [address(y)];
      }),
    );
  const train = () =>
    scope(() => {
      optimizer.zeroGrad();
      const y = net.forward(x);
      const loss = mseLoss(y, target);
      loss.backward();
      clipGradNorm(parameters, 1);
      optimizer.step();
      return [y, loss, ...parameters.map((p) => p.grad!)].map(address);
    });

  test.each([
    ['forward', infer],
    ['training', train],
  ])('%s: every step like the one before', (_, step) => {
    const [first, ...others] = places(8, () => step());
    for (const other of others) expect(other).toEqual(first);
  });

  test('another shape in between takes nothing away', () => {
    const before = places(4, train).at(-1)!;
    const { memoryBytes } = memoryInfo();
    for (let i = 0; i < 20; i++) {
      infer(longer);
      train();
      infer();
    }
    expect(memoryInfo().memoryBytes).toBe(memoryBytes);
    expect(memoryInfo().liveBytes).toBe(before.liveBytes);
  });

  test('of thousands of sizes none stays behind, and what is used again and again still lies where it lay', () => {
    const before = memoryInfo();
    const take = (bytes: number) => {
      const mark = enterFrame();
      const { ptr } = allocate(bytes, 'test');
      leaveFrame(mark);
      return ptr;
    };
    for (let i = 1; i <= 5000; i++) take(64 * (1 + (i % 3000)));
    expect(new Set(Array.from({ length: 10 }, () => take(640))).size).toBe(1);
    expect(memoryInfo()).toMatchObject({ liveBytes: before.liveBytes, memoryBytes: before.memoryBytes });
  });

  test('many shapes do not keep memory from each other: what was released is one piece again where it is needed', () => {
    const { memoryBytes, liveBytes } = memoryInfo();
    const take = (bytes: number) => {
      const mark = enterFrame();
      allocate(bytes, 'test');
      leaveFrame(mark);
    };
    const room = memoryBytes - liveBytes;
    for (let i = 1; i <= 100; i++) take(Math.floor((room / 200) * (1 + (i % 37))));
    expect(memoryInfo().memoryBytes).toBe(memoryBytes);
  });
});
