// What toOnnx is tested with, in gated/onnx (export.test.ts) and in ONNX Runtime (scripts/test-onnxruntime.mjs): models, the shapes an exported
// file is run with, and what the model itself computes.
import {
  AdaptiveAvgPool1d,
  AdaptiveMaxPool1d,
  AvgPool1d,
  BatchNorm1d,
  Conv1d,
  type Conv1dOptions,
  ConvTranspose1d,
  Dropout,
  ELU,
  Embedding,
  GELU,
  GRU,
  GRUCell,
  Hardsigmoid,
  Hardswish,
  Hardtanh,
  Identity,
  LayerNorm,
  LayerNormLSTMCell,
  LeakyReLU,
  Linear,
  LockedDropout,
  LogSigmoid,
  LogSoftmax,
  LSTM,
  LSTMCell,
  MaxPool1d,
  type Module,
  manualSeed,
  noGrad,
  Permute,
  PReLU,
  ReLU,
  RNN,
  RNNCell,
  rand,
  Sequential,
  Sigmoid,
  SiLU,
  Softmax,
  Softplus,
  Softsign,
  scope,
  Tanh,
  type Tensor,
  tensor,
  weightNorm,
} from '../../src/index.js';
import type { ToOnnxOptions } from '../../src/onnx/index.js';

export interface ExportCase {
  name: string;
  model: () => Module;
  options: ToOnnxOptions;
  /** Shapes of the input; the file made once runs them all. */
  shapes: number[][];
  /** Indices below this instead of floats. */
  ids?: number;
  /** Shapes of h0 and c0 by the input's. */
  states?: (shape: number[]) => number[][];
  /** Floats of the input are so much larger. Default 1. */
  scale?: number;
}
export interface Run {
  feeds: Record<string, { data: Float32Array | Int32Array; dims: number[] }>;
  outputs: Record<string, { data: Float32Array; dims: readonly number[] }>;
}

const cases: ExportCase[] = [];
const add = (
  name: string,
  input: ToOnnxOptions['input'],
  shapes: number[][],
  model: () => Module,
  more: Partial<Omit<ExportCase, 'options'>> & { options?: Partial<ToOnnxOptions> } = {},
) => cases.push({ name, model, shapes, ...more, options: { ...more.options, input } } as ExportCase);

/** L and N, in the order of [L, N, I] or [N, L, I]. */
const runs = (I: number, batchFirst = false) =>
  [
    [7, 3],
    [1, 1],
    [7, 1],
    [1, 3],
    [12, 2],
  ].map(([L, N]) => (batchFirst ? [N, L, I] : [L, N, I]));
const open = (I: number, batchFirst = false) => (batchFirst ? ['batch', 'seqLen', I] : ['seqLen', 'batch', I]);

// Recurrent layers ---------------------------------------------------------------------------------------------------

const KINDS: [string, (options: { inputSize: number; hiddenSize: number } & object) => Module, boolean][] = [
  ['RNN tanh', (o) => new RNN(o), false],
  ['RNN relu', (o) => new RNN({ ...o, nonlinearity: 'relu' }), false],
  ['GRU', (o) => new GRU(o), false],
  ['GRU resetAfter false', (o) => new GRU({ ...o, resetAfter: false }), false],
  ['LSTM', (o) => new LSTM(o), true],
  ['LSTM peepholes', (o) => new LSTM({ ...o, peepholes: true }), true],
  ['LSTM projSize', (o) => new LSTM({ ...o, projSize: 3 }), true],
  ['LSTM projSize peepholes', (o) => new LSTM({ ...o, projSize: 2, peepholes: true }), true],
];
const FORMS = [
  {},
  { bias: false },
  { batchFirst: true },
  { numLayers: 3 },
  { bidirectional: true },
  { bidirectional: true, numLayers: 2, batchFirst: true },
  { bidirectional: true, numLayers: 2, bias: false, trainableInitialState: true },
  { trainableInitialState: true },
  { numLayers: 2, trainableInitialState: true, batchFirst: true },
];
for (const [kind, make, hasC] of KINDS) {
  FORMS.forEach((form: Record<string, unknown>, i) => {
    const [inputSize, hiddenSize] = [
      [5, 4],
      [1, 9],
      [3, 4],
      [8, 7],
    ][i % 4];
    const named = `${kind} ${JSON.stringify(form)}`;
    const model = () => make({ inputSize, hiddenSize, ...form });
    const first = Boolean(form.batchFirst);
    add(named, open(inputSize, first), runs(inputSize, first), model);
    const count = ((form.numLayers as number) ?? 1) * (form.bidirectional ? 2 : 1);
    const S = { 'LSTM projSize': 3, 'LSTM projSize peepholes': 2 }[kind] ?? hiddenSize;
    const states = (shape: number[]) => {
      const N = shape[first ? 0 : 1];
      return [[count, N, S], ...(hasC ? [[count, N, hiddenSize]] : [])];
    };
    add(`${named}, states`, open(inputSize, first), runs(inputSize, first), model, {
      states,
      options: { states: true },
    });
  });
  const unbatched = () =>
    make({ inputSize: 5, hiddenSize: 4, numLayers: 2, bidirectional: true, batchFirst: true } as never);
  add(`${kind}, unbatched`, ['seqLen', 5], [[7, 5], [1, 5]], unbatched); // biome-ignore format: shapes in a row
  const S = { 'LSTM projSize': 3, 'LSTM projSize peepholes': 2 }[kind] ?? 4;
  add(
    `${kind}, unbatched, states`,
    ['seqLen', 5],
    [
      [7, 5],
      [1, 5],
    ],
    unbatched,
    {
      // biome-ignore format: shapes in a row
      states: () => [[4, S], ...(hasC ? [[4, 4]] : [])],
      options: { states: true },
    },
  );
  add(`${kind}, fixed shape, trained start`, [4, 3, 2], [[4, 3, 2]], () =>
    make({ inputSize: 2, hiddenSize: 5, trainableInitialState: true } as never),
  );
}

const CELLS: [string, (options: { inputSize: number; hiddenSize: number } & object) => Module, boolean][] = [
  ['RNNCell', (o) => new RNNCell(o), false],
  ['RNNCell relu', (o) => new RNNCell({ ...o, nonlinearity: 'relu' }), false],
  ['GRUCell', (o) => new GRUCell(o), false],
  ['GRUCell resetAfter false', (o) => new GRUCell({ ...o, resetAfter: false }), false],
  ['LSTMCell', (o) => new LSTMCell(o), true],
  ['LSTMCell peepholes', (o) => new LSTMCell({ ...o, peepholes: true }), true],
  ['LayerNormLSTMCell', (o) => new LayerNormLSTMCell(o), true],
];
for (const [kind, make, hasC] of CELLS) {
  for (const form of [{}, { trainableInitialState: true }]) {
    const model = () => make({ inputSize: 3, hiddenSize: 5, ...form });
    const named = `${kind} ${JSON.stringify(form)}`;
    add(named, ['batch', 3], [[1, 3], [3, 3]], model); // biome-ignore format: shapes in a row
    add(`${named}, unbatched`, [3], [[3]], model);
  }
  const model = () => make({ inputSize: 3, hiddenSize: 5 });
  const states = (shape: number[]) => Array.from({ length: hasC ? 2 : 1 }, () => [...shape.slice(0, -1), 5]);
  const options = { states: true };
  add(`${kind}, states`, ['batch', 3], [[1, 3], [3, 3]], model, { states, options }); // biome-ignore format: shapes in a row
  add(`${kind}, unbatched, states`, [3], [[3]], model, { states, options });
}
add('RNNCell bias false', ['batch', 3], [[2, 3]], () => new RNNCell({ inputSize: 3, hiddenSize: 2, bias: false }));

// Activations --------------------------------------------------------------------------------------------------------

const ACTIVATIONS: (() => Module)[] = [
  () => new Tanh(),
  () => new Sigmoid(),
  () => new ReLU(),
  () => new LeakyReLU({ negativeSlope: 0.2 }),
  () => new ELU({ alpha: 0.7 }),
  () => new GELU(),
  () => new GELU({ approximate: 'tanh' }),
  () => new SiLU(),
  () => new Softplus(),
  () => new Softplus({ beta: 2, threshold: 3 }),
  () => new Softsign(),
  () => new Hardtanh({ minVal: -0.5, maxVal: 1.5 }),
  () => new Hardsigmoid(),
  () => new Hardswish(),
  () => new LogSigmoid(),
  () => new PReLU(),
  () => new Softmax({ dim: -1 }),
  () => new Softmax({ dim: 0 }),
  () => new LogSoftmax({ dim: 1 }),
  () => new Identity(),
];
for (const model of ACTIVATIONS) {
  const name = /new (.*)/.exec(String(model))![1];
  add(
    name,
    ['a', 'b', 5],
    [
      [2, 3, 5],
      [1, 1, 5],
    ],
    model,
    { scale: 4 },
  );
}
for (const shape of [[2, 4], [2, 4, 3]]) // biome-ignore format: shapes in a row
  add(`PReLU of 4 channels ${shape}`, shape, [shape], () => new PReLU({ numParameters: 4 }), { scale: 4 });

// Dense layers and norms ---------------------------------------------------------------------------------------------

for (const shape of [[5], [3, 5], [2, 3, 5], [2, 1, 3, 5]]) // biome-ignore format: shapes in a row
  add(`Linear ${shape}`, shape, [shape], () => new Linear({ inFeatures: 5, outFeatures: 3 }));
add('Linear bias false', ['batch', 5], [[1, 5], [4, 5]], () => new Linear({ inFeatures: 5, outFeatures: 1, bias: false })); // biome-ignore format: shapes in a row
add('Linear weightNorm', ['batch', 5], [[4, 5]], () => weightNorm(new Linear({ inFeatures: 5, outFeatures: 2 })));
for (const shape of [[4], [2, 3]]) // biome-ignore format: shapes in a row
  add(`Embedding ${shape}`, ['a', 'b'].slice(0, shape.length), [shape], () => new Embedding({ numEmbeddings: 6, embeddingDim: 3, paddingIdx: 1 }), { ids: 6 }); // biome-ignore format: one case
for (const options of [{}, { elementwiseAffine: false }, { bias: false }, { eps: 0.1 }])
  add(`LayerNorm ${JSON.stringify(options)}`, ['batch', 7], [[3, 7], [1, 7]], () => new LayerNorm({ normalizedShape: 7, ...options })); // biome-ignore format: shapes in a row
add('LayerNorm of two dimensions', ['a', 3, 4], [[2, 3, 4]], () => new LayerNorm({ normalizedShape: [3, 4] }));
for (const shape of [['batch', 3], ['batch', 3, 'seqLen']]) // biome-ignore format: shapes in a row
  for (const affine of [true, false])
    add(`BatchNorm1d ${shape} affine ${affine}`, shape, [[2, 3, 5].slice(0, shape.length), [1, 3, 1].slice(0, shape.length)], () => new BatchNorm1d({ numFeatures: 3, affine })); // biome-ignore format: one case
add('Permute', ['a', 'b', 'c'], [[2, 3, 4]], () => new Permute({ dims: [2, 0, -2] }));

// Convolutions and pooling -------------------------------------------------------------------------------------------

const CONVS: Partial<Conv1dOptions>[] = [
  {},
  { stride: 2, padding: 1 },
  { padding: 'same' },
  { kernelSize: 4, padding: 'same', dilation: 3 },
  { padding: 'causal', dilation: 2 },
  { padding: 'valid', groups: 2, bias: false },
  ...(['reflect', 'replicate', 'circular'] as const).flatMap((paddingMode) => [
    { padding: 2, paddingMode, stride: 2 },
    { padding: 'causal' as const, paddingMode },
    { padding: 'same' as const, kernelSize: 2, paddingMode },
  ]),
];
for (const options of CONVS) {
  const model = () => new Conv1d({ inChannels: 4, outChannels: 6, kernelSize: 3, ...options });
  add(`Conv1d ${JSON.stringify(options)}`, ['batch', 4, 'seqLen'], [[2, 4, 11], [1, 4, 6], [3, 4, 9]], model); // biome-ignore format: shapes in a row
  add(`Conv1d ${JSON.stringify(options)}, fixed`, [4, 8], [[4, 8]], model);
}
for (const options of [{}, { stride: 3, padding: 1, outputPadding: 2 }, { dilation: 2, groups: 2, bias: false }]) {
  const model = () => new ConvTranspose1d({ inChannels: 4, outChannels: 6, kernelSize: 3, ...options });
  add(`ConvTranspose1d ${JSON.stringify(options)}`, ['batch', 4, 'seqLen'], [[2, 4, 5], [1, 4, 1]], model); // biome-ignore format: shapes in a row
  add(`ConvTranspose1d ${JSON.stringify(options)}, fixed`, [4, 3], [[4, 3]], model);
}
for (const options of [{}, { stride: 1, padding: 1 }, { kernelSize: 4, stride: 3, padding: 2 }]) {
  const shapes = [[2, 3, 9], [1, 3, 5]]; // biome-ignore format: shapes in a row
  add(
    `MaxPool1d ${JSON.stringify(options)}`,
    ['batch', 3, 'seqLen'],
    shapes,
    () => new MaxPool1d({ kernelSize: 3, ...options }),
  );
  add(
    `AvgPool1d ${JSON.stringify(options)}`,
    ['batch', 3, 'seqLen'],
    shapes,
    () => new AvgPool1d({ kernelSize: 3, ...options }),
  );
}
add('MaxPool1d dilation', [3, 'seqLen'], [[3, 9], [3, 6]], () => new MaxPool1d({ kernelSize: 3, dilation: 2, stride: 1 })); // biome-ignore format: shapes in a row
add('AvgPool1d countIncludePad false', ['batch', 3, 'seqLen'], [[2, 3, 8]], () => new AvgPool1d({ kernelSize: 3, padding: 1, countIncludePad: false })); // biome-ignore format: one case
for (const L of [8, 9, 10])
  for (const padding of [0, 1]) {
    const options = { kernelSize: 3, padding, ceilMode: true };
    add(
      `MaxPool1d ceilMode ${L} ${padding}`,
      ['batch', 2, L],
      [[2, 2, L]],
      () => new MaxPool1d({ ...options, dilation: 1 }),
    );
    add(`AvgPool1d ceilMode ${L} ${padding}`, ['batch', 2, L], [[2, 2, L]], () => new AvgPool1d(options));
    add(`AvgPool1d ceilMode countIncludePad false ${L} ${padding}`, [2, L], [[2, L]], () => new AvgPool1d({ ...options, countIncludePad: false })); // biome-ignore format: one case
  }
for (const outputSize of [1, 3, 5])
  for (const L of [1, 7, 10]) {
    const input = outputSize === 1 ? ['batch', 2, 'seqLen'] : ['batch', 2, L];
    add(`AdaptiveMaxPool1d ${outputSize} of ${L}`, input, [[3, 2, L]], () => new AdaptiveMaxPool1d({ outputSize }));
    add(`AdaptiveAvgPool1d ${outputSize} of ${L}`, input, [[3, 2, L]], () => new AdaptiveAvgPool1d({ outputSize }));
  }

// Models -------------------------------------------------------------------------------------------------------------

const textModel = () =>
  new Sequential(
    new Embedding({ numEmbeddings: 11, embeddingDim: 6 }),
    new LockedDropout({ p: 0.3 }),
    new LSTM({ inputSize: 6, hiddenSize: 5, numLayers: 2, bidirectional: true, batchFirst: true, dropout: 0.2 }),
    new Sequential(
      new Dropout({ p: 0.5 }),
      new LayerNorm({ normalizedShape: 10 }),
      new Linear({ inFeatures: 10, outFeatures: 11 }),
    ),
    new LogSoftmax({ dim: -1 }),
  );
const audioModel = () =>
  new Sequential(
    new Conv1d({ inChannels: 4, outChannels: 6, kernelSize: 3, padding: 'same' }),
    new BatchNorm1d({ numFeatures: 6 }),
    new ReLU(),
    new Permute({ dims: [2, 0, 1] }),
    new GRU({ inputSize: 6, hiddenSize: 7 }),
    new LSTM({ inputSize: 7, hiddenSize: 5, projSize: 3 }),
    new Linear({ inFeatures: 3, outFeatures: 1 }),
    new Sigmoid(),
  );
for (const opset of [17, 18, 19, 20, 21, 22, 23]) {
  const options = { opset };
  add(`text model, opset ${opset}`, ['batch', 'seqLen'], [[3, 7], [1, 1]], textModel, { ids: 11, options }); // biome-ignore format: shapes in a row
  add(`audio model, opset ${opset}`, ['batch', 4, 'seqLen'], [[3, 4, 7], [1, 4, 1]], audioModel, { options }); // biome-ignore format: shapes in a row
}
add('text model, int32', ['batch', 'seqLen'], [[3, 7]], textModel, { ids: 11, options: { dtype: 'int32' } });
add(
  'mean over time',
  ['batch', 'seqLen', 3],
  [
    [2, 5, 3],
    [1, 1, 3],
  ],
  () =>
    // biome-ignore format: shapes in a row
    new Sequential(
    new GRU({ inputSize: 3, hiddenSize: 4, batchFirst: true }),
    new Permute({ dims: [0, 2, 1] }),
    new AdaptiveAvgPool1d({ outputSize: 1 }),
  ),
);
add('nothing', ['a', 2], [[3, 2]], () => new Sequential());

export const exportCases: readonly ExportCase[] = cases;

/** The case's model with every parameter and buffer at random. */
export function caseModel(c: ExportCase): Module {
  manualSeed(1);
  const model = c.model();
  for (const [name, own] of Object.entries(model.stateDict()))
    if (own.dtype === 'float32')
      scope(() => {
        const low = name.endsWith('running_var') ? 0.5 : -0.5;
        own.set(rand(own.shape).add(low));
      });
  return model;
}

/** The inputs of a run and what forward() gives for them in eval mode. */
export function caseRun(c: ExportCase, model: Module, shape: number[]): Run {
  const { ids, scale = 1 } = c;
  return scope(() =>
    noGrad(() => {
      manualSeed(2);
      const random = (dims: readonly number[], factor: number) => rand(dims).mul(2).sub(1).mul(factor);
      const x = ids
        ? tensor(Int32Array.from(rand(shape).data(), (v) => Math.floor(v * ids)), shape) // biome-ignore format: one value
        : random(shape, scale);
      const states = (c.states?.(shape) ?? []).map((dims) => random(dims, 1));
      model.eval();
      const given = states.length > 1 ? [states] : states;
      const [output, ...last] = [model.forward(x, ...given)].flat(2) as Tensor[];
      // A cell's h' is its output.
      const ends = model.constructor.name.endsWith('Cell') ? [output, ...last] : last;
      const named = (names: string[], values: Tensor[]) =>
        Object.fromEntries(
          values.map((value, i) => [names[i], { data: value.data() as never, dims: [...value.shape] }]),
        );
      return {
        feeds: named(['input', 'h0', 'c0'], [x, ...states]),
        outputs: named(['output', 'hn', 'cn'], [output, ...(c.states ? ends : [])]),
      };
    }),
  );
}

/** The largest error of any element against max(1, |expected|): sums of up to a few dozen float32 products in another order. */
export const BOUND = 2e-6;
export function worstError(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (got.length !== expected.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (let i = 0; i < got.length; i++) {
    const error = Math.abs(got[i] - expected[i]) / Math.max(1, Math.abs(expected[i]));
    if (!(error <= worst)) worst = error;
  }
  return worst;
}
