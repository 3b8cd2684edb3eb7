import { f32, float, floats, i32, op } from '../model.mjs';

const GATES = { RNN: 1, GRU: 3, LSTM: 4 };
const EACH = { RNN: 1, GRU: 2, LSTM: 3 };

/** A node with the inputs that `with` names (B, lengths, h, c, P). */
function cell(type, name, options = {}) {
  const { T = 5, N = 3, I = 2, H = 3, D = 1, attributes = {}, constants = [], outputs, lengths } = options;
  const use = new Set(options.with ?? ['B']);
  const G = GATES[type];
  const inputs = [f32([T, N, I], -1, 1), f32([D, G * H, I], -1, 1), f32([D, G * H, H], -1, 1)];
  inputs[3] = use.has('B') ? f32([D, 2 * G * H], -1, 1) : null;
  inputs[4] = lengths ? i32(lengths) : null;
  inputs[5] = use.has('h') ? f32([D, N, H], -1, 1) : null;
  if (type === 'LSTM') {
    inputs[6] = use.has('c') ? f32([D, N, H], -1, 1) : null;
    inputs[7] = use.has('P') ? f32([D, 3 * H], -1, 1) : null;
  }
  while (inputs.at(-1) === null) inputs.pop();
  const all = type === 'LSTM' ? ['float32', 'float32', 'float32'] : ['float32', 'float32'];
  const direction = options.direction ?? (D === 2 ? 'bidirectional' : undefined);
  return op(type, inputs, {
    name,
    attributes: { hidden_size: H, direction, ...attributes },
    outputs: outputs ?? all,
    constants,
    opset: options.opset ?? 14,
    tolerance: options.tolerance ?? 5e-6,
  });
}

const FUNCTIONS = [
  ['Relu'],
  ['Tanh'],
  ['Sigmoid'],
  ['Affine', 0.8, 0.1],
  ['LeakyRelu', 0.2],
  ['ThresholdedRelu', 0.3],
  ['ScaledTanh', 1.2, 0.7],
  ['HardSigmoid', 0.3, 0.4],
  ['Elu', 0.9],
  ['Softsign'],
  ['Softplus'],
];
/** Attributes for activations given as [name, alpha, beta]. */
function functions(list) {
  const part = (i) => list.flatMap((f) => (f[i] === undefined ? [] : [f[i]]));
  return {
    activations: list.map(([name]) => name),
    activation_alpha: part(1).length ? floats(part(1)) : undefined,
    activation_beta: part(2).length ? floats(part(2)) : undefined,
  };
}

const WEIGHTS = [1, 2];
const forEachType = (make) => ['RNN', 'GRU', 'LSTM'].flatMap(make);

const basics = forEachType((type) => [
  cell(type, 'plain', { with: [] }),
  cell(type, 'bias', {}),
  cell(type, 'constant weights', { constants: [1, 2, 3] }),
  cell(type, 'constant weights without bias', { with: [], constants: WEIGHTS }),
  cell(type, 'reverse', { direction: 'reverse' }),
  cell(type, 'bidirectional', { D: 2 }),
  cell(type, 'bidirectional, constant', { D: 2, constants: [1, 2, 3] }),
  cell(type, 'initial h', { with: ['B', 'h'] }),
  cell(type, 'initial states, bidirectional', { D: 2, with: ['B', 'h', 'c'] }),
  cell(type, 'one step, one row, one unit', { T: 1, N: 1, I: 1, H: 1 }),
  cell(type, 'odd sizes', { T: 3, N: 1, I: 7, H: 9, constants: WEIGHTS }),
  cell(type, 'wide', { T: 2, N: 4, I: 17, H: 33, constants: WEIGHTS }),
  cell(type, 'opset 7', { opset: 7 }),
  cell(type, 'last state only', { outputs: [null, 'float32'] }),
  cell(type, 'output only', { outputs: ['float32'] }),
  cell(type, 'lengths', { lengths: [2, 5, 3] }),
  cell(type, 'lengths, constant', { lengths: [2, 5, 3], constants: [1, 2, 3, 4] }),
  cell(type, 'lengths, all full', { lengths: [5, 5, 5], constants: [4] }),
  cell(type, 'lengths, reverse', { lengths: [4, 1, 5], direction: 'reverse' }),
  cell(type, 'lengths, bidirectional, states', { lengths: [1, 4, 2], D: 2, with: ['B', 'h', 'c'] }),
  cell(type, 'a length of zero', { lengths: [2, 0, 3], with: ['B', 'h', 'c'] }),
  cell(type, 'a length of zero, bidirectional', { lengths: [0, 4, 3], D: 2, with: ['B', 'h', 'c'] }),
  cell(type, 'lengths equal', { lengths: [3, 3, 3] }),
]);

const clipped = forEachType((type) => [
  cell(type, 'clip', { attributes: { clip: float(0.4) } }),
  cell(type, 'clip, bidirectional', { D: 2, attributes: { clip: float(0.2) }, constants: WEIGHTS }),
  cell(type, 'clip, lengths', { lengths: [2, 5, 3], attributes: { clip: float(0.3) } }),
  cell(type, 'clip, reverse, states', {
    direction: 'reverse',
    with: ['B', 'h', 'c'],
    attributes: { clip: float(0.3) },
  }),
]);

const activations = forEachType((type) =>
  FUNCTIONS.flatMap((f) => {
    const usual = { GRU: [['Sigmoid'], ['Tanh']], LSTM: [['Sigmoid'], ['Tanh'], ['Tanh']] }[type] ?? [['Tanh']];
    return Array.from({ length: EACH[type] }, (_, at) => {
      const list = usual.map((g, i) => (i === at ? f : g));
      // Gates without bounds grow the state: both engines are then as far from the exact result (float64: 4e-6 to 1.5e-5).
      const unbounded = type !== 'RNN' && at === 0 && ['Affine', 'Elu', 'Relu', 'LeakyRelu', 'Softplus'].includes(f[0]);
      const tolerance = unbounded ? 2e-5 : undefined;
      return cell(type, `activation ${at} ${f[0]}`, { attributes: functions(list), tolerance });
    });
  }),
);
const moreActivations = forEachType((type) => [
  cell(type, 'activations, both directions differ', {
    D: 2,
    attributes: functions([...FUNCTIONS.slice(3, 3 + EACH[type]), ...FUNCTIONS.slice(7, 7 + EACH[type])]),
  }),
  // ONNX Runtime's RNN, unlike its GRU and LSTM, wants them as the specification writes them.
  ...(type === 'RNN'
    ? []
    : [
        cell(type, 'activations in other letters', {
          attributes: functions([['hardsigmoid'], ['TANH'], ['softSign']].slice(0, EACH[type])),
        }),
      ]),
  cell(type, 'activations without alpha', {
    attributes: functions([['LeakyRelu'], ['HardSigmoid'], ['Elu']].slice(0, EACH[type])),
  }),
  cell(type, 'relu, lengths, bidirectional', {
    D: 2,
    lengths: [3, 5, 1],
    attributes: functions(Array(2 * EACH[type]).fill(['Relu'])),
  }),
  cell(type, 'two with alpha', {
    attributes: functions(
      [
        ['Elu', 0.7],
        ['LeakyRelu', 0.3],
        ['HardSigmoid', 0.25, 0.45],
      ].slice(0, EACH[type]),
    ),
  }),
]);

const lstm = [
  cell('LSTM', 'peepholes', { with: ['B', 'P'] }),
  cell('LSTM', 'peepholes without bias', { with: ['P'] }),
  cell('LSTM', 'peepholes, constant', { with: ['B', 'P'], constants: [1, 2, 3, 7] }),
  cell('LSTM', 'peepholes, bidirectional, states', { D: 2, with: ['B', 'P', 'h', 'c'] }),
  cell('LSTM', 'peepholes, lengths', { with: ['B', 'P'], lengths: [2, 5, 3] }),
  cell('LSTM', 'peepholes, clip', { with: ['B', 'P'], attributes: { clip: float(0.3) } }),
  cell('LSTM', 'peepholes, reverse', { with: ['B', 'P'], direction: 'reverse' }),
  cell('LSTM', 'peepholes, one row', { with: ['B', 'P'], N: 1, H: 7 }),
  cell('LSTM', 'input_forget', { attributes: { input_forget: 1 } }),
  cell('LSTM', 'input_forget, peepholes', { with: ['B', 'P', 'c'], attributes: { input_forget: 1 } }),
  cell('LSTM', 'input_forget, clip', { attributes: { input_forget: 1, clip: float(0.5) } }),
  cell('LSTM', 'input_forget, bidirectional', { D: 2, attributes: { input_forget: 1 } }),
  cell('LSTM', 'initial c alone', { with: ['B', 'c'] }),
  cell('LSTM', 'initial h alone', { with: ['B', 'h'] }),
  cell('LSTM', 'clip of a large cell', { with: ['B', 'h', 'c'], T: 9, attributes: { clip: float(2) } }),
  cell('LSTM', 'cell output only', { outputs: [null, null, 'float32'] }),
];
const gru = [
  ...[0, 1].flatMap((reset) =>
    [
      ['', {}],
      [', bidirectional', { D: 2 }],
      [', without bias', { with: [] }],
      [', lengths', { lengths: [2, 5, 3] }],
      [', lengths, reverse', { lengths: [2, 5, 3], direction: 'reverse' }],
      [', states', { with: ['B', 'h'] }],
      [', constant', { constants: [1, 2, 3] }],
      [', clip', { attributes: { clip: float(0.3) } }],
      [', one row', { N: 1, H: 9, I: 3 }],
      [', hard sigmoid', { attributes: functions([['HardSigmoid'], ['Relu']]) }],
    ].map(([name, options]) =>
      cell('GRU', `linear_before_reset ${reset}${name}`, {
        ...options,
        attributes: { ...options.attributes, linear_before_reset: reset },
      }),
    ),
  ),
];

export const cases = [...basics, ...clipped, ...activations, ...moreActivations, ...lstm, ...gru];
