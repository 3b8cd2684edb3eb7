// Other libraries' own tests of single layers: rten's (made by PyTorch), libtorch's and candle's.
import { expect, test } from 'vitest';
import { GRU, LSTM, scope, type Tensor, tensor } from '../../src/index.js';
import { describeModel, expectNear, json } from './folder.js';

describeModel('rten', () => {
  type Array2d = [shape: number[], data: number[]];
  const array = ([shape, data]: Array2d) => tensor(Float32Array.from(data), shape);

  test.each([
    'lstm_forwards',
    'lstm_bidirectional',
    'lstm_initial',
    'gru_forwards',
    'gru_bidirectional',
    'gru_initial',
  ])('%s', (name) => {
    const c = json('rten/rnn.json')[name];
    const lstm = name.startsWith('lstm');
    const options = { inputSize: 10, hiddenSize: 5, bidirectional: name.endsWith('bidirectional') };
    const model = lstm ? new LSTM(options) : new GRU(options);
    scope(() => {
      model.loadStateDict(
        Object.fromEntries(Object.entries<Array2d>(c.params).map(([key, value]) => [key, array(value)])),
      );
      const h0 = c.initial_hidden && array(c.initial_hidden);
      const state = h0 && lstm ? [h0, array(c.initial_cell)] : h0;
      const [output] = model.forward(array(c.input), state as never) as [Tensor, unknown];
      expect(output.shape).toEqual(c.output[0]);
      expectNear(output.data(), c.output[1], name);
    });
    model.dispose();
  });
});

describeModel('misc_goldens', () => {
  const golden = (name: string) => json('misc_goldens/cases.json').find((c: { name: string }) => c.name === name);

  test('libtorch: LSTM(2, 2) of fractions', () => {
    const c = golden('libtorch CheckOutputValuesMatchPyTorch');
    const lstm = new LSTM({ inputSize: 2, hiddenSize: 2 });
    for (const p of lstm.parameters()) p.set(Float32Array.from({ length: p.size }, (_, i) => i / p.size));
    const x = tensor(
      Float32Array.from({ length: 24 }, (_, i) => (24 - i) / 24),
      [3, 4, 2],
    );
    const [output, [hN, cN]] = lstm.predict(x);
    expectNear(output, c.expected_output, 'output');
    expectNear([...hN, ...cN], c.expected_hn_cn, 'hN, cN');
  });

  /** candle's steps [v, v / 2] and weights of sines and cosines. */
  function candle(model: LSTM | GRU): void {
    const fill = (name: string, f: (i: number) => number) => {
      const p = model.stateDict()[name];
      p.set(Float32Array.from({ length: p.size }, (_, i) => f(i)));
    };
    const bias = (i: number) => [-1, 1, -0.5, 2][i % 4];
    fill('weight_ih_l0', Math.cos);
    fill('weight_hh_l0', Math.sin);
    fill('bias_ih_l0', bias);
    fill('bias_hh_l0', (i) => Math.cos(bias(i)));
  }
  const steps = () => tensor([3, 1, 4, 1, 5, 9, 2].map((v) => [v, v / 2]));
  const sizes = { inputSize: 2, hiddenSize: 3 };

  test('candle: LSTM(2, 3)', () => {
    const lstm = new LSTM(sizes);
    candle(lstm);
    const c = golden('candle-nn lstm');
    const [, [h, cell]] = lstm.predict(steps());
    expectNear(h, c.expected_h, 'h');
    expectNear(cell, c.expected_c, 'c');
  });
  test('candle: GRU(2, 3)', () => {
    const gru = new GRU(sizes);
    candle(gru);
    expectNear(gru.predict(steps())[1], golden('candle-nn gru').expected_h, 'h');
  });
});
