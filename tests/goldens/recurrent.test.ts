// RNN, LSTM, GRU and the cells against PyTorch, and variants against their formulas in PyTorch's operations: values, every gradient, and how
// our rounding compares with PyTorch's.
import { describe, expect, test } from 'vitest';
import {
  GRU,
  GRUCell,
  LayerNormLSTMCell,
  LSTM,
  LSTMCell,
  type Module,
  RNN,
  RNNCell,
  scope,
  type Tensor,
  tensor,
} from '../../src/index.js';
import { type Entry, type Golden, Goldens, Ratios, type RecurrentCase } from './read.js';

const leaf = ({ data, shape }: Golden) => tensor(data as Float32Array, { shape, requiresGrad: true });
const weighted = (outputs: Tensor[], upstream: Golden[]) =>
  outputs
    .map((x, i) => x.mul(tensor(upstream[i].data as Float32Array, upstream[i].shape)).sum())
    .reduce((a, b) => a.add(b));

function checkGradients(model: Module, results: Record<string, Golden>, ratios: Ratios): void {
  for (const [name, p] of model.namedParameters()) ratios.compare(`d.${name}`, p.grad!, results[`d.${name}`]);
}

describe.each(['recurrent', 'variants'])('layers: %s', (file) => {
  const goldens = new Goldens<RecurrentCase>(file);
  const ratios = new Ratios();
  test.each(goldens.cases)('$name', (c) => {
    scope(() => {
      const { kind, inputSize, hiddenSize, numLayers, bias, batchFirst, bidirectional, projSize } = c;
      const options = { inputSize, hiddenSize, numLayers, bias, batchFirst, bidirectional, ...c.more };
      const lstm = kind === 'lstm';
      const model = lstm
        ? new LSTM({ ...options, projSize })
        : kind === 'gru'
          ? new GRU(options)
          : new RNN({ ...options, nonlinearity: kind === 'relu' ? 'relu' : 'tanh' });
      model.loadStateDict(goldens.record(c.weights));
      const results = goldens.record(c.results);
      const input = leaf(goldens.read(c.input));
      const state = c.state.map((entry) => leaf(goldens.read(entry)));
      const given = state.length === 0 ? null : lstm ? [state[0], state[1]] : state[0];
      const [output, final] = model.forward(input, given as never, c.lengths ? { lengths: c.lengths } : {});
      const outputs = [output, ...(Array.isArray(final) ? final : [final])] as Tensor[];
      weighted(
        outputs,
        c.upstream.map((entry) => goldens.read(entry)),
      ).backward();
      outputs.forEach((x, i) => {
        ratios.compare(['output', 'hN', 'cN'][i], x, results[['output', 'hN', 'cN'][i]]);
      });
      ratios.compare('dInput', input.grad!, results.dInput);
      state.forEach((s, i) => {
        ratios.compare(['dh0', 'dc0'][i], s.grad!, results[['dh0', 'dc0'][i]]);
      });
      checkGradients(model, results, ratios);
      model.dispose();
    });
  });
  test('the median error is at most 1.25 times PyTorch’s', () => {
    expect(ratios.median()).toBeLessThanOrEqual(1.25);
  });
});

describe.each(['cells', 'variant-cells'])('%s', (file) => {
  type CellCase = Pick<
    RecurrentCase,
    | 'name'
    | 'kind'
    | 'inputSize'
    | 'hiddenSize'
    | 'bias'
    | 'more'
    | 'weights'
    | 'input'
    | 'state'
    | 'upstream'
    | 'results'
  >;
  const goldens = new Goldens<CellCase>(file);
  const ratios = new Ratios();
  test.each(goldens.cases)('$name', (c) => {
    scope(() => {
      const { kind, inputSize, hiddenSize, bias } = c;
      const options = { inputSize, hiddenSize, bias, ...c.more };
      const cell =
        (kind as string) === 'norm'
          ? new LayerNormLSTMCell({ inputSize, hiddenSize })
          : kind === 'lstm'
            ? new LSTMCell(options)
            : kind === 'gru'
              ? new GRUCell(options)
              : new RNNCell({ ...options, nonlinearity: kind === 'relu' ? 'relu' : 'tanh' });
      cell.loadStateDict(goldens.record(c.weights));
      const results = goldens.record(c.results);
      const input = leaf(goldens.read(c.input));
      const state = c.state.map((entry: Entry) => leaf(goldens.read(entry)));
      const out =
        cell instanceof LSTMCell
          ? cell.forward(input, state.length ? [state[0], state[1]] : null)
          : [cell.forward(input, state[0])];
      weighted(
        out,
        c.upstream.map((entry) => goldens.read(entry)),
      ).backward();
      out.forEach((x, i) => {
        ratios.compare('hc'[i], x, results['hc'[i]]);
      });
      ratios.compare('dInput', input.grad!, results.dInput);
      state.forEach((s, i) => {
        ratios.compare(['dh', 'dc'][i], s.grad!, results[['dh', 'dc'][i]]);
      });
      checkGradients(cell, results, ratios);
      cell.dispose();
    });
  });
  test('the median error is at most 1.25 times PyTorch’s', () => {
    expect(ratios.median()).toBeLessThanOrEqual(1.25);
  });
});
