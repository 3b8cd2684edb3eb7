// Classifiers: digits read row by row (tflite_micro), spoken words (arm_kws).
import { expect, test } from 'vitest';
import { concat, GRU, Linear, LSTM, Module, Sequential, scope, type Tensor, zeros } from '../../src/index.js';
import { describeModel, expectNear, safetensors, tensorOf, text } from './folder.js';

describeModel('tflite_micro', () => {
  class Digits extends Module {
    lstm = new LSTM({ inputSize: 28, hiddenSize: 20, batchFirst: true });
    output = new Linear({ inFeatures: 28 * 20, outFeatures: 10 });
    forward(images: Tensor): { rows: Tensor; logits: Tensor; probabilities: Tensor } {
      const [rows] = this.lstm.forward(images);
      const logits = this.output.forward(rows.flatten(1));
      return { rows, logits, probabilities: logits.softmax(1) };
    }
  }
  test('ten digits: all right; LSTM outputs, logits and probabilities within 1e-4', () => {
    const model = new Digits();
    model.loadStateDict(safetensors('tflite_micro/mnist_lstm.safetensors'));
    const golden = safetensors('tflite_micro/mnist_lstm.golden.safetensors');
    const { rows, logits, probabilities } = scope(() => model.predict(tensorOf(golden, 'x')));
    expectNear(rows, golden.get('lstm_out')!.data as Float32Array, 'LSTM');
    expectNear(logits, golden.get('logits')!.data as Float32Array, 'logits');
    expectNear(probabilities, golden.get('probs')!.data as Float32Array, 'probabilities');
    const digits = [...Array(10).keys()].map((i) => {
      const scores = probabilities.subarray(i * 10, (i + 1) * 10);
      return scores.indexOf(Math.max(...scores));
    });
    expect(digits).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    model.dispose();
  });
});

describeModel('arm_kws', () => {
  const [I, H] = [10, 154];
  const CELL = 'rnn/multi_rnn_cell/cell_0/gru_cell';
  /** TensorFlow 1's GRUCell: kernels over [x, h], gates r and u apart from the candidate, the reset before the product. */
  function load(): Sequential {
    const weights = safetensors('arm_kws/GRU_S.safetensors');
    const model = new Sequential(
      new GRU({ inputSize: I, hiddenSize: H, resetAfter: false }),
      new Linear({ inFeatures: H, outFeatures: 12 }),
    );
    scope(() => {
      const part = (from: number, to: number) =>
        concat(
          ['gates', 'candidate'].map((name) => tensorOf(weights, `${CELL}/${name}/kernel`).slice(0, from, to)),
          1,
        );
      model.loadStateDict({
        '0.weight_ih_l0': part(0, I).transpose(0, 1),
        '0.weight_hh_l0': part(I, I + H).transpose(0, 1),
        '0.bias_ih_l0': concat(['gates', 'candidate'].map((name) => tensorOf(weights, `${CELL}/${name}/bias`))),
        '0.bias_hh_l0': zeros([3 * H]),
        '1.weight': tensorOf(weights, 'W_o').transpose(0, 1),
        '1.bias': tensorOf(weights, 'b_o'),
      });
    });
    return model;
  }
  test('GRU 154 on real speech: the label; every state and the logits within 1e-4, whole and as a stream', () => {
    const golden = safetensors('arm_kws/GRU_S.golden.safetensors');
    const model = load();
    const x = golden.get('x')!.data as Float32Array;
    const [states] = scope(() => (model.layers()[0] as GRU).predict(tensorOf(golden, 'x')));
    expectNear(states, golden.get('h')!.data as Float32Array, 'h');
    const stream = model.stream();
    for (let t = 0; t < 25; t++) stream.step(x.subarray(t * I, (t + 1) * I));
    const logits = scope(() => model.predict(tensorOf(golden, 'x'))).slice(-12);
    expect(stream.step(x.subarray(0, I)).length).toBe(12);
    expectNear(logits, golden.get('logits')!.data as Float32Array, 'logits');
    const labels = text('arm_kws/labels.txt').trim().split('\n');
    expect(labels[logits.indexOf(Math.max(...logits))]).toBe(golden.metadata.get('label'));
    model.dispose();
  });
});
