// What PyTorch's own tests refuse (test_nn.py: test_RNN_cell_forward_hidden_size, test_rnn_check_device, test_rnn_args_check, …), each a
// test here; what recurrent.test.ts holds already is not repeated.
import { beforeEach, describe, expect, test } from 'vitest';
import {
  DTypeError,
  GatedError,
  GRU,
  GRUCell,
  LSTM,
  LSTMCell,
  manualSeed,
  PackedSequence,
  packPaddedSequence,
  RNN,
  RNNCell,
  randn,
  ShapeError,
  scope,
  type Tensor,
  tensor,
  ValueError,
} from '../../src/index.js';

beforeEach(() => manualSeed(1));

const [I, H, LAYERS, L, N] = [3, 5, 2, 4, 3];
const LAYER = {
  RNN: (o = {}) => new RNN({ inputSize: I, hiddenSize: H, numLayers: LAYERS, ...o }),
  LSTM: (o = {}) => new LSTM({ inputSize: I, hiddenSize: H, numLayers: LAYERS, ...o }),
  GRU: (o = {}) => new GRU({ inputSize: I, hiddenSize: H, numLayers: LAYERS, ...o }),
};
const CELL = {
  RNN: (o = {}) => new RNNCell({ inputSize: I, hiddenSize: H, ...o }),
  LSTM: (o = {}) => new LSTMCell({ inputSize: I, hiddenSize: H, ...o }),
  GRU: (o = {}) => new GRUCell({ inputSize: I, hiddenSize: H, ...o }),
};
type Kind = keyof typeof LAYER;
const KINDS = Object.keys(LAYER) as Kind[];
/** Which state is given wrongly: the other one of an LSTM is right. */
const PARTS = KINDS.flatMap((kind) => (kind === 'LSTM' ? ['h', 'c'] : ['h']).map((part) => ({ kind, part })));

function forward(model: object, x: Tensor | PackedSequence, state?: unknown): void {
  scope(() => void (model as RNN).forward(x as Tensor, state as Tensor));
}
/** The state of a kind with `wrong` in the place of `part`. */
const stateOf = (kind: Kind, part: string, wrong: Tensor, right: Tensor) =>
  kind === 'LSTM' ? (part === 'h' ? [wrong, right] : [right, wrong]) : wrong;

describe.each(PARTS)('$kind: the initial $part', ({ kind, part }) => {
  const bidirectional = { bidirectional: true };
  test.each<[string, number[], object, number[]]>([
    ['batch too small', [LAYERS, N - 1, H], {}, [LAYERS, N, H]],
    ['batch too large', [LAYERS, N + 1, H], {}, [LAYERS, N, H]],
    ['batch of 1, which is not broadcast', [LAYERS, 1, H], {}, [LAYERS, N, H]],
    ['size', [LAYERS, N, H + 1], {}, [LAYERS, N, H]],
    ['layers too few', [LAYERS - 1, N, H], {}, [LAYERS, N, H]],
    ['layers too many', [LAYERS + 1, N, H], {}, [LAYERS, N, H]],
    ['one direction where two run', [LAYERS, N, H], bidirectional, [2 * LAYERS, N, H]],
    ['two directions where one runs', [2 * LAYERS, N, H], {}, [LAYERS, N, H]],
    ['rank 2', [LAYERS, H], {}, [LAYERS, N, H]],
    ['rank 4', [1, LAYERS, N, H], {}, [LAYERS, N, H]],
    ['batch first, which states never are', [N, LAYERS, H], { batchFirst: true }, [LAYERS, N, H]],
  ])('%s', (_name, wrong, options, right) => {
    const model = LAYER[kind](options);
    const x = randn('batchFirst' in options ? [N, L, I] : [L, N, I]);
    const run = () => forward(model, x, stateOf(kind, part, randn(wrong), randn(right)));
    expect(run).toThrow(ShapeError);
    expect(run).toThrow(`${kind}.forward: ${part}0 is [${wrong.join(', ')}]; expected [${right.join(', ')}]`);
    // Right, it runs.
    forward(model, x, stateOf(kind, part, randn(right), randn(right)));
  });

  test('with a batch where the input has none, and without one where it has', () => {
    const model = LAYER[kind]();
    const [batched, unbatched] = [randn([LAYERS, 1, H]), randn([LAYERS, H])];
    expect(() => forward(model, randn([L, I]), stateOf(kind, part, batched, unbatched))).toThrow(/expected \[2, 5\]/);
    expect(() => forward(model, randn([L, 1, I]), stateOf(kind, part, unbatched, batched))).toThrow(/\[2, 1, 5\]/);
  });

  test('of a packed batch, of another batch size', () => {
    const packed = packPaddedSequence(randn([L, N, I]), [1, L, 2], { enforceSorted: false });
    const [wrong, right] = [randn([LAYERS, N - 1, H]), randn([LAYERS, N, H])];
    expect(() => forward(LAYER[kind](), packed, stateOf(kind, part, wrong, right))).toThrow(/is \[2, 2, 5\]/);
  });

  test('int32', () => {
    const ints = tensor(new Int32Array(LAYERS * N * H), [LAYERS, N, H]);
    const run = () => forward(LAYER[kind](), randn([L, N, I]), stateOf(kind, part, ints, randn([LAYERS, N, H])));
    expect(run).toThrow(DTypeError);
    expect(run).toThrow(`${part}0 is int32`);
  });
});

describe.each(PARTS)('$kind cell: $part', ({ kind, part }) => {
  test.each<[string, number[], number[], number[]]>([
    ['batch', [N - 1, H], [N, I], [N, H]],
    ['batch of 1, which is not broadcast', [1, H], [N, I], [N, H]],
    ['size', [N, H + 1], [N, I], [N, H]],
    ['rank 1 for a batch', [H], [1, I], [1, H]],
    ['rank 2 for no batch', [1, H], [I], [H]],
    ['rank 3', [1, N, H], [N, I], [N, H]],
  ])('%s', (_name, wrong, input, right) => {
    const cell = CELL[kind]();
    const x = randn(input);
    const run = () => forward(cell, x, stateOf(kind, part, randn(wrong), randn(right)));
    expect(run).toThrow(ShapeError);
    expect(run).toThrow(`${kind}Cell.forward: ${part} is [${wrong.join(', ')}]; expected [${right.join(', ')}]`);
    forward(cell, x, stateOf(kind, part, randn(right), randn(right)));
  });
});

describe.each(KINDS)('%s', (kind) => {
  test.each<[string, number[], object]>([
    ['an empty sequence', [0, N, I], {}],
    ['an empty sequence, batch first', [N, 0, I], { batchFirst: true }],
    ['an empty sequence without batch', [0, I], {}],
    ['an empty sequence without batch where batches come first', [0, I], { batchFirst: true }],
    ['a feature too many', [L, N, I + 1], {}],
    ['no features', [L, N, 0], {}],
    ['rank 1', [I], {}],
    ['rank 4', [1, L, N, I], {}],
  ])('%s is ShapeError', (_name, shape, options) => {
    expect(() => forward(LAYER[kind](options), randn(shape))).toThrow(ShapeError);
  });

  test('a packed sequence of another feature size, of no steps, or of rank 1 is ShapeError', () => {
    const pack = (shape: number[]) => packPaddedSequence(randn(shape), [2, 1]);
    expect(() => forward(LAYER[kind](), pack([2, 2, I + 1]))).toThrow(/expected feature 3 \(= inputSize\)/);
    expect(() => forward(LAYER[kind](), pack([2, 2]))).toThrow(ShapeError);
    expect(() => forward(LAYER[kind](), new PackedSequence(randn([0, I]), new Int32Array(0)))).toThrow(/no steps/);
  });

  test.each<[object, RegExp]>([
    [{ hiddenSize: 0 }, /hiddenSize is 0/],
    [{ hiddenSize: -1 }, /hiddenSize is -1/],
    [{ hiddenSize: 2.5 }, /hiddenSize is 2.5/],
    [{ hiddenSize: '5' }, /hiddenSize is '5'; expected an integer/],
    [{ numLayers: 0 }, /numLayers is 0/],
    [{ numLayers: -1 }, /numLayers is -1/],
    [{ dropout: -0.1 }, /dropout is -0.1/],
    [{ dropout: true }, /dropout is true; expected a number/],
    [{ dropout: Number.NaN }, /dropout is NaN/],
    [{ bias: 1 }, /bias is 1; expected true or false/],
  ])('%j is ValueError', (options, message) => {
    expect(() => LAYER[kind](options)).toThrow(ValueError);
    expect(() => LAYER[kind](options)).toThrow(message);
  });

  test('projSize: of an LSTM from 0 to below hiddenSize, of the others and of cells never', () => {
    for (const projSize of [-1, 1.5, H, H + 1]) {
      expect(() => LAYER[kind]({ projSize }), `${projSize}`).toThrow(ValueError);
    }
    if (kind === 'LSTM') expect(LAYER.LSTM({ projSize: 0 }).projSize).toBe(0);
    else expect(() => LAYER[kind]({ projSize: 2 })).toThrow(/unknown option 'projSize'/);
    expect(() => CELL[kind]({ projSize: 2 })).toThrow(/unknown option 'projSize'/);
  });

  test('nonlinearity: of RNN and RNNCell, tanh or relu', () => {
    for (const make of [LAYER[kind], CELL[kind]]) {
      expect(() => make({ nonlinearity: 'sigmoid' })).toThrow(ValueError);
      if (kind === 'RNN') expect(make({ nonlinearity: 'relu' })).toHaveProperty('nonlinearity', 'relu');
      else expect(() => make({ nonlinearity: 'tanh' })).toThrow(/unknown option 'nonlinearity'/);
    }
  });

  test('a cell takes rank 1 and 2 of its feature size', () => {
    for (const shape of [[I + 1], [N, I + 1], [1, N, I], []]) {
      expect(() => forward(CELL[kind](), randn(shape)), `${shape}`).toThrow(ShapeError);
    }
  });

  test('the state’s form: one tensor, or a pair of them', () => {
    const x = randn([L, N, I]);
    const one = randn([LAYERS, N, H]);
    for (const wrong of kind === 'LSTM' ? [one, [one], [one, one, one]] : [[one, one]]) {
      expect(() => forward(LAYER[kind](), x, wrong)).toThrow(GatedError);
      expect(() => forward(LAYER[kind](), x, wrong)).toThrow(/expected/);
    }
  });
});
