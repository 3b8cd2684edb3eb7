// Guitar pedals, one step per sample: klon_centaur (Keras GRUs) and nam (an LSTM with a trained initial state).
import { expect, test } from 'vitest';
import { GRU, Linear, LSTM, type Module, Sequential, StreamState, scope, tensor } from '../../src/index.js';
import { ReferenceNetwork } from '../../src/reference/index.js';
import { GATE_ORDERS, reorderGates } from '../../src/weights/gate-orders.js';
import { describeModel, expectNear, json, safetensors } from './folder.js';

/** Keras' kernel [I, G·H] as PyTorch's weight [G·H, I], gates in PyTorch's order. */
function kernel(rows: number[][], reorder = (w: Float32Array, _block: number) => w): Record<string, unknown> {
  const [I, width] = [rows.length, rows[0].length];
  const data = scope(() => tensor(rows).transpose(0, 1).data() as Float32Array);
  return { shape: [width, I], data: reorder(data, (width / 3) * I) };
}
const gates = (w: Float32Array, block: number) => reorderGates(w, block, GATE_ORDERS.gru.keras, GATE_ORDERS.gru.torch);

/** The layers of the file, whose reset gate is applied after the product (two biases): PyTorch's form. */
function pedal({ layers }: { layers: { type: string; weights: number[][][] }[] }): Sequential {
  const dict: Record<string, unknown> = {};
  const modules = layers.map(({ type, weights }, i): Module => {
    const [first, second, biases] = weights;
    if (type !== 'gru') {
      dict[`${i}.weight`] = kernel(first);
      dict[`${i}.bias`] = second;
      return new Linear({ inFeatures: first.length, outFeatures: first[0].length });
    }
    const H = second.length;
    dict[`${i}.weight_ih_l0`] = kernel(first, gates);
    dict[`${i}.weight_hh_l0`] = kernel(second, gates);
    dict[`${i}.bias_ih_l0`] = gates(Float32Array.from(biases[0]), H);
    dict[`${i}.bias_hh_l0`] = gates(Float32Array.from(biases[1]), H);
    return new GRU({ inputSize: first.length, hiddenSize: H });
  });
  const model = new Sequential(...modules);
  model.loadStateDict(dict as never);
  return model;
}

/** x·Wᵀ + b in float64. */
function product(x: ArrayLike<number>, { weight, bias, inFeatures: n, outFeatures }: Linear): Float64Array {
  const [w, b] = [weight.data(), bias!.data()];
  return Float64Array.from({ length: (x.length / n) * outFeatures }, (_, at) => {
    const [row, out] = [Math.floor(at / outFeatures) * n, at % outFeatures];
    let sum = b[out];
    for (let k = 0; k < n; k++) sum += x[row + k] * w[out * n + k];
    return sum;
  });
}

describeModel('klon_centaur', () => {
  // Two of the files hold a unit that integrates over millions of steps (1 - z down to 3e-8: a step adds less than a grain of float32 to
  // h). There PyTorch's own float32 leaves the float64 golden by 1.498e-2 and 1.197e-4, and the bound is twice that; else it is 1e-4.
  test.each([
    ['centaur', 16, 2 * 1.498e-2],
    ['centaur_large', 24, 1e-4],
    ['centaur_small', 8, 2 * 1.197e-4],
    ['centaur_50', 8, 1e-4],
  ])('%s, GRU %d: every sample of the golden within %d, as a stream and whole', (name, hiddenSize, bound) => {
    const model = pedal(json(`klon_centaur/${name}.json`));
    expect(model.layers().find((m) => m instanceof GRU)).toHaveProperty('hiddenSize', hiddenSize);
    const golden = safetensors(`klon_centaur/${name}.golden.safetensors`);
    const [x, y] = ['x', 'y'].map((key) => golden.get(key)! as { data: Float32Array; shape: number[] });
    const [samples, width] = x.shape;
    const stream = model.stream();
    const got = Float32Array.from(
      { length: samples },
      (_, t) => stream.step(x.data.subarray(t * width, (t + 1) * width))[0],
    );
    expectNear(got, y.data, name, bound);
    expect(samples).toBeGreaterThanOrEqual(8192);
    expect(scope(() => model.predict(tensor(x.data, x.shape)))).toEqual(got);
    model.dispose();
  });
  test.each(['centaur', 'centaur_small'])('%s in gated/reference, float64: every sample within 1e-4', (name) => {
    const model = pedal(json(`klon_centaur/${name}.json`));
    const golden = safetensors(`klon_centaur/${name}.golden.safetensors`);
    const [x, y] = ['x', 'y'].map((key) => golden.get(key)! as { data: Float32Array; shape: number[] });
    const [dense, gru, head] = model.layers() as [Linear, GRU, Linear];
    const { inputSize, hiddenSize } = gru;
    const network = new ReferenceNetwork({ kind: 'gru', inputSize, hiddenSize, precision: 'float64' });
    network.setParameters(Object.fromEntries(gru.namedParameters().map(([key, p]) => [key, p.data()])));
    const { output } = network.forward(product(x.data, dense), { L: x.shape[0], N: 1 });
    expectNear(product(output, head), y.data, name, 1e-4);
    model.dispose();
  });
});

describeModel('nam', () => {
  test('LSTM 3 with trained h0 and c0: every sample within 1e-4, as a stream and whole', () => {
    const golden = safetensors('nam/lstm.golden.safetensors');
    const data = (name: string) => golden.get(name)!.data as Float32Array;
    const model = new Sequential(
      new LSTM({ inputSize: 1, hiddenSize: 3 }),
      new Linear({ inFeatures: 3, outFeatures: 1 }),
    );
    model.loadStateDict({
      '0.weight_ih_l0': golden.get('weight_ih_l0')!,
      '0.weight_hh_l0': golden.get('weight_hh_l0')!,
      '0.bias_ih_l0': golden.get('bias_l0')!,
      '0.bias_hh_l0': new Float32Array(12),
      '1.weight': golden.get('head_weight')!,
      '1.bias': golden.get('head_bias')!,
    } as never);
    const stream = model.stream();
    const trained = [data('h0_l0'), data('c0_l0')] as Float32Array<ArrayBuffer>[];
    stream.state = new StreamState(stream.state.entries.map((entry, i) => ({ ...entry, data: trained[i] })));
    const [x, y] = [data('x'), data('expected.y')];
    const got = x.map((_, t) => stream.step(x.subarray(t, t + 1))[0]);
    expectNear(got, y, 'stream');
    scope(() => {
      const [lstm, head] = model.layers() as [LSTM, Linear];
      const state = trained.map((s) => tensor(s, [1, 3])) as [never, never];
      expect(head.predict(lstm.forward(tensor(x, [x.length, 1]), state)[0])).toEqual(got);
    });
    model.dispose();
  });
});
