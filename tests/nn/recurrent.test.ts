// RNN, LSTM, GRU and the cells as modules: options, checks, and what must hold bit for bit.
import { describe, expect, test } from 'vitest';
import {
  DTypeError,
  GRU,
  GRUCell,
  LSTM,
  LSTMCell,
  manualSeed,
  noGrad,
  PackedSequence,
  packPaddedSequence,
  padPackedSequence,
  RNN,
  RNNCell,
  randn,
  ShapeError,
  scope,
  type Tensor,
  tensor,
  ValueError,
} from '../../src/index.js';

const MAKE = {
  rnn: (o = {}) => new RNN({ inputSize: 3, hiddenSize: 5, ...o }),
  lstm: (o = {}) => new LSTM({ inputSize: 3, hiddenSize: 5, ...o }),
  gru: (o = {}) => new GRU({ inputSize: 3, hiddenSize: 5, ...o }),
  'lstm with peepholes': (o = {}) => new LSTM({ inputSize: 3, hiddenSize: 5, peepholes: true, ...o }),
  'gru with reset before': (o = {}) => new GRU({ inputSize: 3, hiddenSize: 5, resetAfter: false, ...o }),
};
type Kind = keyof typeof MAKE;
const KINDS = Object.keys(MAKE) as Kind[];
/** [output, h, c?] of any kind. */
function run(model: RNN | LSTM | GRU, x: unknown, state?: unknown, options = {}): Tensor[] {
  const [output, final] = model.forward(x as Tensor, state as never, options) as [Tensor, Tensor | Tensor[]];
  return [output, ...[final].flat()];
}
const values = (tensors: Tensor[]) => tensors.map((t) => t.toArray());

describe('construction', () => {
  test('PyTorch’s defaults, parameter names, shapes and order', () => {
    const lstm = new LSTM({ inputSize: 300, hiddenSize: 128, numLayers: 2 });
    expect([lstm.bias, lstm.batchFirst, lstm.dropout, lstm.bidirectional, lstm.projSize]).toEqual([
      true,
      false,
      0,
      false,
      0,
    ]);
    expect(lstm.namedParameters().map(([name, p]) => [name, ...p.shape])).toEqual([
      ['weight_ih_l0', 512, 300],
      ['weight_hh_l0', 512, 128],
      ['bias_ih_l0', 512],
      ['bias_hh_l0', 512],
      ['weight_ih_l1', 512, 128],
      ['weight_hh_l1', 512, 128],
      ['bias_ih_l1', 512],
      ['bias_hh_l1', 512],
    ]);
    const both = new LSTM({ inputSize: 4, hiddenSize: 6, numLayers: 2, bidirectional: true, projSize: 3, bias: false });
    expect(both.namedParameters().map(([name, p]) => `${name} ${p.shape}`)).toEqual([
      'weight_ih_l0 24,4',
      'weight_hh_l0 24,3',
      'weight_hr_l0 3,6',
      'weight_ih_l0_reverse 24,4',
      'weight_hh_l0_reverse 24,3',
      'weight_hr_l0_reverse 3,6',
      'weight_ih_l1 24,6',
      'weight_hh_l1 24,3',
      'weight_hr_l1 3,6',
      'weight_ih_l1_reverse 24,6',
      'weight_hh_l1_reverse 24,3',
      'weight_hr_l1_reverse 3,6',
    ]);
  });
  test('weights are uniform in ±1/√H', () => {
    manualSeed(3);
    const all = new GRU({ inputSize: 20, hiddenSize: 64 }).parameters().flatMap((p) => [...p.data()]);
    const bound = 1 / 8;
    expect(all.every((x) => Math.abs(x) <= bound)).toBe(true);
    expect(Math.max(...all)).toBeGreaterThan(0.99 * bound);
    const mean = all.reduce((a, b) => a + b) / all.length;
    const variance = all.reduce((a, b) => a + (b - mean) ** 2, 0) / all.length;
    expect(Math.abs(mean)).toBeLessThan(0.003);
    expect(variance / (bound ** 2 / 3)).toBeCloseTo(1, 1);
  });
  test.each<[string, () => unknown, RegExp]>([
    ['a missing size', () => new LSTM({ inputSize: 3 } as never), /LSTM: option 'hiddenSize' is missing/],
    ['no options', () => new GRU(undefined as never), /option 'inputSize' is missing/],
    ['snake case', () => new LSTM({ inputSize: 3, hidden_size: 4 } as never), /'hiddenSize' is missing/],
    [
      'an unknown option',
      () => MAKE.gru({ layers: 2 }),
      /GRU: unknown option 'layers'; expected inputSize, hiddenSize/,
    ],
    ['hidden size 0', () => MAKE.gru({ hiddenSize: 0 }), /hiddenSize is 0; expected an integer of at least 1/],
    ['half a layer', () => MAKE.gru({ numLayers: 1.5 }), /numLayers is 1.5/],
    ['a dropout beyond 1', () => MAKE.gru({ dropout: 1.1 }), /dropout is 1.1; expected a number from 0 to 1/],
    [
      'an unknown nonlinearity',
      () => MAKE.rnn({ nonlinearity: 'elu' }),
      /nonlinearity is 'elu'; expected 'tanh' or 'relu'/,
    ],
    [
      'projSize not below hiddenSize',
      () => MAKE.lstm({ projSize: 5 }),
      /projSize is 5; expected less than hiddenSize 5/,
    ],
    ['projSize on a GRU', () => MAKE.gru({ projSize: 2 }), /unknown option 'projSize'/],
    [
      'an unknown nonlinearity of a cell',
      () => new RNNCell({ inputSize: 1, hiddenSize: 1, nonlinearity: 'x' as never }),
      /nonlinearity/,
    ],
  ])('%s is ValueError', (_name, make, message) => {
    expect(make).toThrow(ValueError);
    expect(make).toThrow(message);
  });
});

describe.each(KINDS)('%s', (kind) => {
  const lstm = kind.startsWith('lstm');
  const states = (shape: number[]) => (lstm ? [randn(shape), randn(shape)] : randn(shape));

  test('shapes: batched, batchFirst, unbatched, bidirectional', () => {
    scope(() => {
      const two = MAKE[kind]({ numLayers: 2, bidirectional: true });
      const shapes = (tensors: Tensor[]) => tensors.map((t) => t.shape);
      expect(shapes(run(two, randn([7, 4, 3])))).toEqual([[7, 4, 10], [4, 4, 5], ...(lstm ? [[4, 4, 5]] : [])]);
      expect(shapes(run(two, randn([7, 3])))).toEqual([[7, 10], [4, 5], ...(lstm ? [[4, 5]] : [])]);
      const first = MAKE[kind]({ batchFirst: true });
      expect(shapes(run(first, randn([4, 7, 3])))).toEqual([[4, 7, 5], [1, 4, 5], ...(lstm ? [[1, 4, 5]] : [])]);
    });
  });

  test('no state = zeros; unbatched = batched squeezed; batchFirst = transposed; arrays = tensors', () => {
    scope(() => {
      for (const options of [{}, { numLayers: 2 }, { bidirectional: true }, { bias: false }]) {
        const model = MAKE[kind](options);
        const x = randn([6, 1, 3]);
        const want = run(model, x);
        const count = want[1].shape[0];
        const zero = tensor(new Float32Array(count * 5), [count, 1, 5]);
        expect(values(run(model, x, lstm ? [zero, zero] : zero))).toEqual(values(want));
        expect(values(run(model, x.squeeze(1)))).toEqual(values(want.map((t) => t.squeeze(1))));
        expect(values(run(model, x.toArray()))).toEqual(values(want));
        expect(values(run(model, x.data()))).toEqual(values(want.map((t) => t.squeeze(1))));
        const first = MAKE[kind]({ ...options, batchFirst: true });
        first.loadStateDict(model.stateDict());
        const [output, ...final] = run(first, x.transpose(0, 1));
        expect(values([output.transpose(0, 1), ...final])).toEqual(values(want));
      }
    });
  });

  test('lengths: each row equals running it alone, bit for bit; padding is not read, its output is 0', () => {
    scope(() => {
      for (const bidirectional of [false, true]) {
        const model = MAKE[kind]({ numLayers: 2, bidirectional });
        const lengths = [2, 6, 1, 4];
        const x = randn([6, 4, 3]);
        const padded = x.data();
        lengths.forEach((length, row) => {
          for (let t = length; t < 6; t++) for (let j = 0; j < 3; j++) padded[(t * 4 + row) * 3 + j] = Number.NaN;
        });
        const state = states([model.numLayers * (bidirectional ? 2 : 1), 4, 5]);
        const [output, ...final] = run(model, tensor(padded, [6, 4, 3]), state, { lengths });
        expect(output.shape[0]).toBe(6);
        lengths.forEach((length, row) => {
          const row1 = (t: Tensor) => t.slice(1, row, row + 1);
          const own = run(model, row1(x).slice(0, 0, length), Array.isArray(state) ? state.map(row1) : row1(state));
          expect(row1(output).slice(0, 0, length).toArray()).toEqual(own[0].toArray());
          expect([...row1(output).slice(0, length).data()].every((v) => v === 0)).toBe(true);
          final.forEach((f, i) => {
            expect(row1(f).toArray()).toEqual(own[i + 1].toArray());
          });
        });
      }
    });
  });

  test('padding has no gradient', () => {
    scope(() => {
      const model = MAKE[kind]({ bidirectional: true });
      const x = tensor(randn([4, 2, 3]).data(), { shape: [4, 2, 3], requiresGrad: true });
      run(model, x, undefined, { lengths: [2, 4] })[0]
        .sum()
        .backward();
      const grad = x.grad!.toArray() as number[][][];
      expect(grad.map((step) => step[0].some((g) => g !== 0))).toEqual([true, true, false, false]);
      expect(grad.every((step) => step[1].some((g) => g !== 0))).toBe(true);
    });
  });

  test('a PackedSequence in gives a PackedSequence out, with the same numbers', () => {
    scope(() => {
      const model = MAKE[kind]();
      const x = randn([5, 3, 3]);
      const lengths = [3, 5, 1];
      const packed = packPaddedSequence(x, lengths, { enforceSorted: false });
      const [output, ...final] = run(model, packed) as unknown as [PackedSequence, ...Tensor[]];
      expect(output).toBeInstanceOf(PackedSequence);
      const [padded, back] = padPackedSequence(output, { totalLength: 5 });
      expect([...back]).toEqual(lengths);
      expect(values([padded, ...final])).toEqual(values(run(model, x, undefined, { lengths })));
    });
  });

  test('predict’s flat arrays can go back in as the state', () => {
    scope(() => {
      const model = MAKE[kind]({ numLayers: 2, bidirectional: true }) as LSTM;
      const x = randn([3, 2, 3]);
      const [, final] = model.predict(x);
      const [, state] = model.forward(x);
      expect(model.predict(x, final)).toEqual(model.predict(x, state));
      expect(model.predict([Float32Array.of(1, 2, 3)] as never)).toEqual(model.predict([[1, 2, 3]]));
    });
  });

  test('predict of a PackedSequence: forward’s nesting, the packed output with its data as a flat array', () => {
    scope(() => {
      const model = MAKE[kind]({ bidirectional: true }) as LSTM;
      const packed = packPaddedSequence(randn([5, 3, 3]), [3, 5, 1], { enforceSorted: false });
      const [output, final] = model.forward(packed);
      const { data, batchSizes, sortedIndices, unsortedIndices } = output;
      expect(model.predict(packed)).toEqual([
        { data: data.data(), batchSizes, sortedIndices, unsortedIndices },
        lstm ? final.map((t) => t.data()) : (final as unknown as Tensor).data(),
      ]);
    });
  });

  test('chunks with the state carried = the whole; a row in a batch = the row alone', () => {
    scope(() => {
      const model = MAKE[kind]({ numLayers: 2 });
      const x = randn([9, 3, 3]);
      const [whole] = run(model, x);
      let state: unknown;
      const parts = [
        [0, 4],
        [4, 5],
        [5, 9],
      ].flatMap(([from, to]) => {
        const [output, ...final] = run(model, x.slice(0, from, to), state);
        state = lstm ? final : final[0];
        return output.toArray() as number[][][];
      });
      expect(parts).toEqual(whole.toArray());
      expect(run(model, x.slice(1, 1, 2))[0].toArray()).toEqual(whole.slice(1, 1, 2).toArray());
    });
  });

  test('the reverse direction is the forward one on reversed input', () => {
    scope(() => {
      const both = MAKE[kind]({ bidirectional: true });
      const one = MAKE[kind]();
      for (const [name, p] of one.namedParameters()) p.set(both.stateDict()[`${name}_reverse`]);
      const steps = [...Array(4).keys()];
      const x = randn([4, 2, 3]);
      const flip = (t: Tensor) => tensor(steps.reverse().map((s) => t.select(0, s).toArray()) as never);
      const reversed = run(one, flip(x))[0].toArray() as number[][][];
      expect(run(both, x)[0].slice(2, 5).toArray()).toEqual(reversed.reverse());
    });
  });

  test('dropout: between layers, while training, not in eval, not after the last layer', () => {
    scope(() => {
      manualSeed(1);
      const model = MAKE[kind]({ numLayers: 2, dropout: 0.5 });
      const x = randn([5, 2, 3]);
      const once = () => run(model, x)[0].toArray();
      expect(once()).not.toEqual(once());
      model.eval();
      const quiet = once();
      expect(once()).toEqual(quiet);
      model.train();
      model.dropout = 0;
      expect(once()).toEqual(quiet);
      model.dropout = 1;
      expect([...run(model, x)[0].data()].every(Number.isFinite)).toBe(true);
      const single = MAKE[kind]({ dropout: 0.9 });
      expect(run(single, x)[0].toArray()).toEqual(run(single.eval(), x)[0].toArray());
    });
  });

  test('wrong inputs and states are typed errors that say what was expected', () => {
    scope(() => {
      const model = MAKE[kind]({ numLayers: 2 });
      const x = randn([4, 2, 3]);
      const good = randn([2, 2, 5]);
      const withState = (bad: Tensor) => () => run(model, x, lstm ? [bad, good] : bad);
      expect(() => run(model, randn([4, 2, 7]))).toThrow(
        /input is \[4, 2, 7\] \(seqLen, batch, feature\); expected feature 3 \(= inputSize\)/,
      );
      expect(() => run(model, randn([4]))).toThrow(ShapeError);
      expect(() => run(model, randn([0, 2, 3]))).toThrow(/at least one step/);
      expect(withState(randn([2, 3, 5]))).toThrow(/h0 is \[2, 3, 5\]; expected \[2, 2, 5\]/);
      expect(withState(randn([1, 2, 5]))).toThrow(/expected \[2, 2, 5\] \(numLayers · directions, batch, size\)/);
      expect(withState(randn([2, 2, 4]))).toThrow(ShapeError);
      expect(withState(randn([2, 5]))).toThrow(ShapeError);
      expect(() => run(model, randn([4, 3]), lstm ? [good, good] : good)).toThrow(/expected \[2, 5\]/);
      if (lstm) expect(() => run(model, x, [good, randn([2, 2, 4])])).toThrow(/c0 is \[2, 2, 4\]/);
      if (lstm) expect(() => run(model, x, good)).toThrow(/expected \[h0, c0\]/);
      const ints = tensor(new Int32Array(24), [4, 2, 3]);
      expect(() => run(model, ints)).toThrow(DTypeError);
      expect(withState(tensor(new Int32Array(20), [2, 2, 5]))).toThrow(/h0 is int32; expected float32/);
      model.weight_hh_l1 = randn([4, 5]);
      expect(() => run(model, x)).toThrow(/weight_hh is float32 \[4, 5\]; expected float32 \[\d+, 5\]/);
      expect(() => model.stream()).toThrow(ShapeError);
    });
  });

  test.each([
    [[0, 4], /length of row 0 is 0; expected an integer from 1 to 4/],
    [[4, 5], /length of row 1 is 5/],
    [[1.5, 2], /length of row 0 is 1.5/],
    [[4], /1 lengths; expected 2/],
  ])('lengths %j are ValueError', (lengths, message) => {
    const model = MAKE[kind]();
    expect(() => scope(() => void run(model, randn([4, 2, 3]), undefined, { lengths }))).toThrow(ValueError);
    expect(() => scope(() => void run(model, randn([4, 2, 3]), undefined, { lengths }))).toThrow(message as RegExp);
  });

  test('an empty batch works, with its backward', () => {
    scope(() => {
      const model = MAKE[kind]({ numLayers: 2, bidirectional: true });
      const [output, h] = run(model, randn([4, 0, 3]));
      expect([output.shape, h.shape]).toEqual([
        [4, 0, 10],
        [4, 0, 5],
      ]);
      output.sum().backward();
      expect(model.parameters().every((p) => p.grad!.data().every((g: number) => g === 0))).toBe(true);
    });
  });

  test('NaN in one row does not reach the others', () => {
    scope(() => {
      const x = randn([3, 3, 3]).data();
      x[4] = Number.NaN;
      const output = noGrad(() => run(MAKE[kind](), tensor(x, [3, 3, 3]))[0].toArray()) as number[][][];
      expect(output.map((step) => step.map((row) => row.every(Number.isFinite)))).toEqual(
        Array(3).fill([true, false, true]),
      );
    });
  });

  test('gradients from the output alone, from h alone', () => {
    scope(() => {
      const model = MAKE[kind]();
      const gradient = (pick: (results: Tensor[]) => Tensor) => {
        model.zeroGrad();
        pick(run(model, tensor([[[1, 2, 3]], [[4, 5, 6]]])))
          .sum()
          .backward();
        return model.weight_ih_l0.grad!.toArray();
      };
      expect(gradient((r) => r[1])).toEqual(gradient((r) => r[0].slice(0, 1)));
      if (lstm) expect(gradient((r) => r[2])).not.toEqual(gradient((r) => r[1]));
    });
  });
});

describe('cells', () => {
  const CELLS = {
    rnn: () => new RNNCell({ inputSize: 3, hiddenSize: 5 }),
    lstm: () => new LSTMCell({ inputSize: 3, hiddenSize: 5 }),
    gru: () => new GRUCell({ inputSize: 3, hiddenSize: 5 }),
    'lstm with peepholes': () => new LSTMCell({ inputSize: 3, hiddenSize: 5, peepholes: true }),
    'gru with reset before': () => new GRUCell({ inputSize: 3, hiddenSize: 5, resetAfter: false }),
  };
  test.each(KINDS)('%s cell = one step of the layer', (kind) => {
    scope(() => {
      const cell = CELLS[kind]();
      const layer = MAKE[kind]();
      layer.loadStateDict(Object.fromEntries(cell.namedParameters().map(([name, p]) => [`${name}_l0`, p])));
      const [x, h, c] = [randn([4, 3]), randn([4, 5]), randn([4, 5])];
      const got = [cell instanceof LSTMCell ? cell.forward(x, [h, c]) : cell.forward(x, h)].flat();
      const three = (t: Tensor) => t.unsqueeze(0);
      const want = run(layer, three(x), cell instanceof LSTMCell ? [three(h), three(c)] : three(h)).slice(1);
      expect(values(got)).toEqual(values(want.map((t) => t.squeeze(0))));
    });
  });
  test('checks: sizes, ranks, no broadcasting of a batch of 1', () => {
    scope(() => {
      const cell = CELLS.gru();
      expect(() => cell.forward(randn([2, 4]))).toThrow(/input is \[2, 4\]; expected \[batch, 3\] or \[3\]/);
      expect(() => cell.forward(randn([2, 3]), randn([1, 5]))).toThrow(/h is \[1, 5\]; expected \[2, 5\]/);
      expect(() => cell.forward(randn([1, 2, 3]))).toThrow(ShapeError);
      expect(cell.forward([1, 2, 3]).shape).toEqual([5]);
      expect(() => CELLS.lstm().forward([1, 2, 3], randn([5]) as never)).toThrow(/expected \[h, c\]/);
    });
  });
  test('the lesson’s loop', () => {
    scope(() => {
      const rnn = CELLS.rnn();
      let hidden: Tensor | undefined;
      for (const word of [
        [1, 0, 0],
        [0, 1, 0],
      ])
        hidden = rnn.forward(word, hidden);
      expect(hidden!.shape).toEqual([5]);
    });
  });
});
