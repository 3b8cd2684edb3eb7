// Packed sequences through the recurrent modules, as PyTorch's test_nn.py and test_packed_sequence.py have them.
import { beforeEach, describe, expect, test } from 'vitest';
import {
  Embedding,
  GRU,
  Linear,
  LSTM,
  manualSeed,
  memoryInfo,
  PackedSequence,
  packPaddedSequence,
  packSequence,
  padPackedSequence,
  RNN,
  randn,
  scope,
  type Tensor,
  tensor,
  unpackSequence,
} from '../../src/index.js';

beforeEach(() => manualSeed(1));

const sizes = { inputSize: 3, hiddenSize: 4 };
const MODELS = [
  ['RNN', () => new RNN({ ...sizes, numLayers: 2, bidirectional: true })],
  ['RNN relu', () => new RNN({ ...sizes, nonlinearity: 'relu' })],
  ['LSTM', () => new LSTM({ ...sizes, numLayers: 2, bidirectional: true })],
  ['LSTM with projection', () => new LSTM({ ...sizes, numLayers: 2, bidirectional: true, projSize: 2 })],
  ['GRU', () => new GRU({ ...sizes, numLayers: 2, bidirectional: true })],
  ['GRU without bias', () => new GRU({ ...sizes, bias: false })],
] as const satisfies readonly (readonly [string, () => RNN | LSTM | GRU])[];
const LENGTHS = [2, 5, 1, 5, 3];
const leaf = (shape: number[]) => tensor(randn(shape).data(), { shape, requiresGrad: true });

/** [output, h, c?]; a packed output as its padded form. */
function run(model: RNN | LSTM | GRU, x: Tensor | PackedSequence, state?: unknown): Tensor[] {
  const [output, ...final] = [model.forward(x as Tensor, state as never)].flat(2) as [Tensor | PackedSequence];
  return [output instanceof PackedSequence ? padPackedSequence(output)[0] : output, ...(final as Tensor[])];
}

describe.each(MODELS)('%s', (name, make) => {
  test('each sequence equals running it alone: outputs, states, all gradients, in the caller’s order', () => {
    scope(() => {
      const [model, single] = [make(), make()];
      single.loadStateDict(model.stateDict());
      const sequences = LENGTHS.map((n) => leaf([n, 3]));
      const count = model.numLayers * (model.bidirectional ? 2 : 1);
      const S = model.projSize || 4;
      const state = [leaf([count, 5, S]), ...(model instanceof LSTM ? [leaf([count, 5, 4])] : [])];
      const form = (s: Tensor[]) => (s.length === 2 ? s : s[0]);
      const packed = run(model, packSequence(sequences, { enforceSorted: false }), form(state));
      packed
        .map((r) => r.sum())
        .reduce((a, b) => a.add(b))
        .backward();
      LENGTHS.forEach((n, row) => {
        const x = tensor(sequences[row].data(), { shape: [n, 3], requiresGrad: true });
        const own = state.map((s) =>
          tensor(s.select(1, row).data(), { shape: [count, s.shape[2]], requiresGrad: true }),
        );
        const alone = run(single, x, form(own));
        alone
          .map((r) => r.sum())
          .reduce((a, b) => a.add(b))
          .backward();
        expect(packed[0].select(1, row).slice(0, 0, n).toArray()).toEqual(alone[0].toArray());
        packed.slice(1).forEach((r, i) => {
          expect(r.select(1, row).toArray()).toEqual(alone[i + 1].toArray());
        });
        expect(sequences[row].grad!.toArray()).toEqual(x.grad!.toArray());
        own.forEach((s, i) => {
          expect(state[i].grad!.select(1, row).toArray()).toEqual(s.grad!.toArray());
        });
      });
      model.parameters().forEach((p, k) => {
        const want = single.parameters()[k].grad!.data();
        p.grad!.data().forEach((g: number, i: number) => {
          expect(Math.abs(g - want[i])).toBeLessThan(1e-5 * Math.max(1, Math.abs(want[i])));
        });
      });
    });
  });

  test('what stands in the padding reaches nothing, and its gradient is zero', () => {
    scope(() => {
      const model = make();
      const values = randn([5, 5, 3]).data();
      const poisoned = values.map((v: number, i: number) => {
        const [t, row] = [Math.floor(i / 15), Math.floor(i / 3) % 5];
        return t < LENGTHS[row] ? v : Number.NaN;
      });
      const results = [values, poisoned].map((data) => {
        model.zeroGrad();
        const x = tensor(data as Float32Array, { shape: [5, 5, 3], requiresGrad: true });
        const all = run(model, packPaddedSequence(x, LENGTHS, { enforceSorted: false }));
        all
          .map((r) => r.mul(r).sum())
          .reduce((a, b) => a.add(b))
          .backward();
        const steps = x.grad!.toArray() as number[][][];
        LENGTHS.forEach((n, row) => {
          steps.forEach((step, t) => {
            const some = step[row].some((g) => g !== 0);
            // All units of a relu may be off at a step.
            if (t >= n || name !== 'RNN relu') expect(some).toBe(t < n);
          });
        });
        return [all.map((r) => r.toArray()), model.parameters().map((p) => p.grad!.toArray())];
      });
      expect(results[1]).toEqual(results[0]);
    });
  });

  test('padded steps cost no work: a ragged batch takes the memory of its steps, not of its rectangle', () => {
    /** Bytes that one forward saves for backward: every buffer the kernels walk has one row a step. */
    const bytes = (lengths: number[], L: number) =>
      scope(() => {
        const model = make();
        model.forward(randn([1, 1, 3]));
        const packed = packPaddedSequence(randn([L, lengths.length, 3]), lengths);
        const before = memoryInfo().liveBytes;
        const results = model.forward(packed);
        const used = memoryInfo().liveBytes - before;
        expect(results.length).toBe(2);
        model.dispose();
        return used;
      });
    const ragged = bytes([64, 1, 1, 1, 1, 1, 1, 1], 64); // 71 steps in a rectangle of 512
    const even = bytes([9, 9, 9, 9, 9, 9, 9, 8], 9); // 71 steps
    const full = bytes(Array(8).fill(64), 64);
    // But for the batch sizes: 64 steps against 9, 4 bytes each.
    expect(Math.abs(ragged - even)).toBeLessThanOrEqual(256);
    expect(full).toBeGreaterThan(4 * ragged);
  });

  test('a sorted and an unsorted pack of the same rows give the same, row by row', () => {
    scope(() => {
      const model = make();
      const x = randn([5, 3, 3]);
      const sorted = run(model, packPaddedSequence(x, [5, 3, 2]));
      const order = [2, 0, 1];
      const mixed = tensor(order.map((row) => x.select(1, row).toArray()) as number[][][]).transpose(0, 1);
      const unsorted = run(model, packPaddedSequence(mixed, [2, 5, 3], { enforceSorted: false }));
      sorted.forEach((r, i) => {
        order.forEach((row, at) => {
          expect(unsorted[i].select(1, at).toArray()).toEqual(r.select(1, row).toArray());
        });
      });
    });
  });
});

test('the packed output keeps batch sizes and order of its input', () => {
  const packed = packSequence([randn([1, 3]), randn([3, 3]), randn([2, 3])], { enforceSorted: false });
  for (const make of MODELS.map(([, make]) => make)) {
    const [output] = make().forward(packed) as [PackedSequence, unknown];
    expect(output.batchSizes).toEqual(packed.batchSizes);
    expect([output.sortedIndices, output.unsortedIndices]).toEqual([packed.sortedIndices, packed.unsortedIndices]);
  }
});

test('a packed batch through Embedding and Linear by its data, as PyTorch’s users do', () => {
  scope(() => {
    const embedding = new Embedding({ numEmbeddings: 6, embeddingDim: 3 });
    const gru = new GRU(sizes);
    const head = new Linear({ inFeatures: 4, outFeatures: 2 });
    const words = [[1, 2, 3], [4], [5, 0]];
    const ids = packSequence(
      words.map((word) => tensor(Int32Array.from(word))),
      { enforceSorted: false },
    );
    expect(ids.data.dtype).toBe('int32');
    const { batchSizes, sortedIndices, unsortedIndices } = ids;
    const [output] = gru.forward(
      new PackedSequence(embedding.forward(ids.data), batchSizes, sortedIndices, unsortedIndices),
    );
    const scores = unpackSequence(new PackedSequence(head.forward(output.data), batchSizes, sortedIndices));
    words.forEach((word, i) => {
      expect(scores[i].toArray()).toEqual(head.forward(gru.forward(embedding.forward(word))[0]).toArray());
    });
  });
});
