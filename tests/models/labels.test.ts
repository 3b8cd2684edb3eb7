// Classifiers: digits read row by row (tflite_micro).
import { expect, test } from 'vitest';
import { Linear, LSTM, Module, scope, type Tensor } from '../../src/index.js';
import { describeModel, expectNear, safetensors, tensorOf } from './folder.js';

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
