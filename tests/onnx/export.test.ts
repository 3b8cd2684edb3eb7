// toOnnx: what it writes computes what the model computes, is named as asked, and leaves the model alone. ONNX Runtime runs the same cases
// by `npm run test:onnxruntime`.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  AdaptiveMaxPool1d,
  AdditiveAttention,
  BatchNorm1d,
  Dropout,
  Embedding,
  GRU,
  Identity,
  Linear,
  LSTM,
  LSTMCell,
  MaxPool1d,
  Module,
  memoryInfo,
  Permute,
  PReLU,
  rand,
  Sequential,
  Softmax,
  scope,
  type TensorLike,
} from '../../src/index.js';
import { load, toOnnx } from '../../src/onnx/index.js';
import { BOUND, caseModel, caseRun, exportCases, worstError } from './export-cases.js';

let before = 0;
beforeEach(() => {
  before = memoryInfo().liveBlocks;
});
afterEach(() => {
  expect(memoryInfo().liveBlocks).toBe(before);
});

test.each(exportCases.map((c) => [c.name, c] as const))('%s', (_, c) => {
  const model = caseModel(c);
  caseRun(c, model, c.shapes[0]); // weightNorm computes its weight when it is first asked for
  const { liveBlocks } = memoryInfo();
  const bytes = toOnnx(model, c.options);
  expect(memoryInfo().liveBlocks).toBe(liveBlocks);
  const onnx = load(bytes);
  for (const shape of c.shapes) {
    const { feeds, outputs } = caseRun(c, model, shape);
    const got = onnx.predict(feeds);
    expect(Object.keys(got)).toEqual(Object.keys(outputs));
    for (const [name, { data, dims }] of Object.entries(outputs)) {
      expect(got[name].dims, `${name} of [${shape}]`).toEqual(dims);
      expect(worstError(got[name].data as Float32Array, data), `${name} of [${shape}]`).toBeLessThanOrEqual(BOUND);
    }
  }
  onnx.dispose();
  model.dispose();
});

/** Name and text of what is thrown: in a plain page gated/onnx has error classes of its own. */
function thrown(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return String(error);
  }
  return 'nothing';
}
const withModel = <M extends Module>(model: M, check: (model: M) => void) => {
  try {
    check(model);
  } finally {
    model.dispose();
  }
};
const recurrent = () =>
  new Sequential(
    new GRU({ inputSize: 3, hiddenSize: 4 }),
    new LSTM({ inputSize: 4, hiddenSize: 5 }),
    new Linear({ inFeatures: 5, outFeatures: 2 }),
  );

describe('inputs and outputs', () => {
  test('have the dims that are known, and names for the others', () =>
    withModel(recurrent(), (model) => {
      const onnx = load(toOnnx(model, { input: ['L', 'N', 3], states: true }));
      expect(onnx.inputs).toEqual([
        { name: 'input', dtype: 'float32', shape: ['L', 'N', 3] },
        { name: '0.h0', dtype: 'float32', shape: [1, 'N', 4] },
        { name: '1.h0', dtype: 'float32', shape: [1, 'N', 5] },
        { name: '1.c0', dtype: 'float32', shape: [1, 'N', 5] },
      ]);
      expect(onnx.outputs).toEqual([
        { name: 'output', dtype: 'float32', shape: ['L', 'N', 2] },
        { name: '0.hn', dtype: 'float32', shape: [1, 'N', 4] },
        { name: '1.hn', dtype: 'float32', shape: [1, 'N', 5] },
        { name: '1.cn', dtype: 'float32', shape: [1, 'N', 5] },
      ]);
      onnx.dispose();
    }));

  test('other names, metadata, the producer', () =>
    withModel(new GRU({ inputSize: 3, hiddenSize: 4 }), (model) => {
      const names = { input: 'audio', output: 'énergie', h0: 'hn', hn: 'h0' };
      const onnx = load(toOnnx(model, { input: [1, 1, 3], states: true, names, metadata: { author: 'me' } }));
      expect(onnx.inputs.map(({ name }) => name)).toEqual(['audio', 'hn']);
      expect(onnx.outputs.map(({ name }) => name)).toEqual(['énergie', 'h0']);
      expect(onnx.metadata).toMatchObject({ producer_name: 'gated', author: 'me' });
      expect(onnx.metadata.producer_version).toMatch(/^\d+\.\d+\.\d+/);
      onnx.dispose();
    }));

  test('indices are int64, or int32 where asked', () =>
    withModel(new Sequential(new Dropout(), new Embedding({ numEmbeddings: 4, embeddingDim: 2 })), (model) => {
      for (const dtype of [undefined, 'int64', 'int32'] as const) {
        const onnx = load(toOnnx(model, { input: ['n'], dtype }));
        expect(onnx.inputs[0].dtype).toBe(dtype ?? 'int64');
        onnx.dispose();
      }
    }));
});

test('states go on from file to file: a stream of the export gives what the whole sequence gives', () =>
  withModel(recurrent(), (model) => {
    const x = scope(() => rand([9, 1, 3]).data());
    const whole = model.predict(x as never as TensorLike); // a flat array is one sequence
    const onnx = load(toOnnx(model, { input: [1, 1, 3], states: true }));
    const stream = onnx.stream({ state: { '0.h0': '0.hn', '1.h0': '1.hn', '1.c0': '1.cn' } });
    for (let t = 0; t < 9; t++) {
      const { output } = stream.step({ input: x.subarray(t * 3, t * 3 + 3) });
      expect(worstError(output as Float32Array, whole.subarray(t * 2, t * 2 + 2))).toBeLessThanOrEqual(BOUND);
    }
    stream.dispose();
    onnx.dispose();
  }));

describe('the model', () => {
  test('stays in its mode; the file has the weights of its moment and eval mode', () =>
    withModel(new Sequential(new Dropout({ p: 0.9 }), new Linear({ inFeatures: 3, outFeatures: 2 })), (model) => {
      model.train();
      const bytes = toOnnx(model, { input: [3] });
      expect([...model.modules()].every(({ training }) => training)).toBe(true);
      const was = model.predict([1, 2, 3]);
      for (const parameter of model.parameters()) scope(() => parameter.set(parameter.mul(2)));
      const onnx = load(bytes);
      expect(worstError(onnx.predict({ input: [1, 2, 3] }).output.data as Float32Array, was)).toBeLessThanOrEqual(
        BOUND,
      );
      expect(toOnnx(model, { input: [3] })).not.toEqual(bytes);
      onnx.dispose();
    }));
  test('gives the same bytes each time', () =>
    withModel(recurrent(), (model) =>
      expect(toOnnx(model, { input: ['L', 'N', 3] })).toEqual(toOnnx(model, { input: ['L', 'N', 3] })),
    ));
  test('may hold a layer twice, or share it with another model', () =>
    withModel(new Linear({ inFeatures: 3, outFeatures: 3 }), (linear) => {
      const model = new Sequential(linear, linear);
      const onnx = load(toOnnx(model, { input: [2, 3] }));
      const x = [1, 2, 3, 4, 5, 6];
      const expected = model.predict([x.slice(0, 3), x.slice(3)]);
      expect(worstError(onnx.predict({ input: x }).output.data as Float32Array, expected)).toBeLessThanOrEqual(BOUND);
      onnx.dispose();
    }));
});

/** Has no forward() of its own. */
class Named extends GRU {}
class Changed extends GRU {
  override forward(...args: Parameters<GRU['forward']>): never {
    return super.forward(...args) as never;
  }
}
const lookalike = () => {
  class Linear extends Module {
    forward(x: TensorLike): TensorLike {
      return x;
    }
  }
  return new Linear();
};

describe('classes', () => {
  test('a subclass that computes the same is exported', () =>
    withModel(new Named({ inputSize: 2, hiddenSize: 3 }), (model) => {
      const onnx = load(toOnnx(model, { input: [1, 1, 2] }));
      const got = onnx.predict({ input: [1, 2] }).output.data;
      expect(worstError(got as Float32Array, model.predict([[1, 2]])[0])).toBeLessThanOrEqual(BOUND);
      onnx.dispose();
    }));

  test('all that have no ONNX form are in one error', () =>
    withModel(
      new Sequential(
        new Changed({ inputSize: 2, hiddenSize: 3 }),
        new Sequential(new Linear({ inFeatures: 99, outFeatures: 1 }), lookalike()),
        new LSTMCell({ inputSize: 2, hiddenSize: 3 }),
        new BatchNorm1d({ numFeatures: 3, trackRunningStats: false }),
        new AdditiveAttention({ querySize: 1, keySize: 1, hiddenSize: 1 }),
      ),
      (model) => {
        expect(thrown(() => toOnnx(model, { input: ['L', 'N', 2] }))).toMatch(
          /^UnsupportedError: toOnnx: no ONNX form for 0 \(Changed\): it has a forward\(\) of its own; .*, 1\.1 \(\w*Linear\d*\): .*, 2 \(LSTMCell\): it gives a pair, which Sequential cannot pass on, 3 \(BatchNorm1d\): it has no running statistics, 4 \(AdditiveAttention\): it has more than one input$/,
        );
      },
    ));

  test('so are pools that need a length that is a number', () =>
    withModel(
      new Sequential(new MaxPool1d({ kernelSize: 2, ceilMode: true }), new AdaptiveMaxPool1d({ outputSize: 2 })),
      (model) =>
        expect(thrown(() => toOnnx(model, { input: [1, 'L'] }))).toBe(
          'UnsupportedError: toOnnx: no ONNX form for 0 (MaxPool1d): ceilMode needs a length that is a number, 1 (AdaptiveMaxPool1d): outputSize above 1 needs a length that is a number',
        ),
    ));
});

describe('errors', () => {
  const shapes = (): [Module, (number | string)[], string][] => [
    [
      new Linear({ inFeatures: 4, outFeatures: 1 }),
      ['batch', 5],
      'Linear is [batch, 5]; expected last size 4 (= inFeatures)',
    ],
    [
      new Linear({ inFeatures: 4, outFeatures: 1 }),
      ['batch', 'x'],
      'Linear is [batch, x]; expected last size 4 (= inFeatures)',
    ],
    [
      new Sequential(new Identity(), new GRU({ inputSize: 2, hiddenSize: 3 })),
      [3],
      '1 (GRU) is [3]; expected rank 2 (unbatched) or 3 (batched) and feature 2 (= inputSize)',
    ],
    [
      new LSTMCell({ inputSize: 2, hiddenSize: 3 }),
      [1, 1, 2],
      'LSTMCell is [1, 1, 2]; expected [batch, 2] or [2] (= inputSize)',
    ],
    [
      new Sequential(
        new Identity(),
        new Linear({ inFeatures: 2, outFeatures: 3 }),
        new Embedding({ numEmbeddings: 2, embeddingDim: 1 }),
      ),
      [2],
      '2 (Embedding) is [3]; expected indices: Embedding takes the input of the model',
    ],
    [
      new BatchNorm1d({ numFeatures: 2 }),
      [2],
      'BatchNorm1d is [2]; expected [batch, 2] or [batch, 2, seqLen] (= numFeatures)',
    ],
    [new PReLU({ numParameters: 2 }), [1, 3], 'PReLU is [1, 3]; expected 2 channels (= numParameters) in dim 1'],
    [new MaxPool1d({ kernelSize: 4 }), [2, 3], 'MaxPool1d is [1, 2, 3]; expected more steps'],
    [new MaxPool1d({ kernelSize: 4 }), [3], 'MaxPool1d is [3]; expected [batch, C, seqLen] or [C, seqLen]'],
    [new Permute({ dims: [1, 0] }), [1, 2, 3], 'Permute is [1, 2, 3]; expected 2 dimensions, each named once in dims'],
  ];
  test('a shape that a module cannot take', () => {
    for (const [model, input, text] of shapes())
      withModel(model, () => {
        expect(thrown(() => toOnnx(model, { input }))).toBe(`ShapeError: toOnnx: input of ${text}`);
      });
  });

  const OPTIONS: [object, string][] = [
    [{}, "toOnnx: option 'input' is missing"],
    [{ input: [0, 2] }, 'toOnnx: input is 0,2; expected a list of positive integers and names'],
    [{ input: ['', 2] }, 'toOnnx: input is ,2; expected'],
    [{ input: 2 }, 'toOnnx: input is 2; expected'],
    [{ input: [1, 1, 2], opset: 16 }, 'toOnnx: opset is 16; expected an integer from 17 to 23'],
    [{ input: [1, 1, 2], state: true }, "toOnnx: unknown option 'state'"],
    [{ input: [1, 1, 2], states: 1 }, 'toOnnx: states is 1; expected true or false'],
    [{ input: [1, 1, 2], dtype: 'int64' }, "toOnnx: dtype is 'int64'; expected none: the input is float32"],
    [{ input: [1, 1, 2], names: { h0: 'x' } }, "toOnnx: names: unknown option 'h0'; expected input, output"],
    [{ input: [1, 1, 2], names: { input: 'output' } }, "toOnnx: names has 'output'; expected each once"],
    [{ input: [1, 1, 2], names: { output: '/GRU' } }, "toOnnx: names has '/GRU'; expected"],
    [{ input: [1, 1, 2], names: { output: '' } }, "toOnnx: names has ''; expected"],
  ];
  test('options', () =>
    withModel(new GRU({ inputSize: 2, hiddenSize: 1 }), (model) => {
      for (const [options, text] of OPTIONS) {
        expect(thrown(() => toOnnx(model, options as never))).toContain(`ValueError: ${text}`);
      }
      expect(() => toOnnx(undefined as never, { input: [] })).toThrow('toOnnx: model is undefined; expected a module');
    }));

  test('a dim out of range, a model that is gone', () => {
    expect(thrown(() => toOnnx(new Softmax({ dim: 2 }), { input: [1, 2] }))).toMatch(
      /^ValueError: toOnnx: Softmax: dim is 2/,
    );
    const gone = new Linear({ inFeatures: 1, outFeatures: 1 });
    gone.dispose();
    expect(thrown(() => toOnnx(gone, { input: [1] }))).toMatch(/^DisposedError/);
  });
});
