// Which inputs of a model are its states: names as exporters give them, and inputs that lead to a recurrent node.
import { expect, test } from 'vitest';
import { guessStates, leadingToStates } from '../../src/cli/onnx/states.js';
import type { ValueInfo } from '../../src/onnx/graph.js';
import type { GraphProto } from '../../src/onnx/schema.js';

const info = (name: string, shape: ValueInfo['shape'] = [1, 1, 8], dtype: ValueInfo['dtype'] = 'float32') => ({
  name,
  shape,
  dtype,
});
const guess = (inputs: ValueInfo[], outputs: ValueInfo[], leading: string[] = []) =>
  guessStates(inputs, outputs, new Set(leading));
const x = info('x', [1, 4]);
const y = info('y', [1, 2]);

test.each([
  [['state'], ['stateN']],
  [
    ['h0', 'c0'],
    ['hn', 'cn'],
  ],
  [
    ['h', 'c'],
    ['hn', 'cn'],
  ],
  [
    ['hx', 'cx'],
    ['h_out', 'c_out'],
  ],
  [
    ['h_in', 'c_in'],
    ['h_out', 'c_out'],
  ],
  [['input_states'], ['output_states']],
  [
    ['initial_h', 'initial_c'],
    ['final_h', 'final_c'],
  ],
  [['prev_state'], ['new_state']],
  [
    ['hidden_in', 'cell_in'],
    ['hidden_out', 'cell_out'],
  ],
  [
    ['conv_cache', 'gru_cache'],
    ['conv_cache_out', 'gru_cache_out'],
  ],
  [
    ['0.h0', '2.h0'],
    ['0.hn', '2.hn'],
  ],
])('%j ← %j', (inputs, outputs) => {
  const expected = Object.fromEntries(inputs.map((name, i) => [name, outputs[i]]));
  // The outputs in another order: names decide.
  const given = outputs.map((name) => info(name)).reverse();
  expect(guess([x, ...inputs.map((name) => info(name))], [y, ...given])).toEqual(expected);
});
test('sizes that are open may be the same', () => {
  expect(guess([x, info('state', [2, null, 128])], [y, info('stateN', [null, null, null])])).toEqual({
    state: 'stateN',
  });
  expect(guess([info('state', ['batch', 8])], [info('stateN', ['n', 8])])).toEqual({ state: 'stateN' });
});
test('another shape, type or meaning is no state', () => {
  expect(guess([info('state', [1, 8])], [info('stateN', [1, 9])])).toEqual({});
  expect(guess([info('state', [1, 8])], [info('stateN', [1, 8, 1])])).toEqual({});
  expect(guess([info('state', [1], 'int64')], [info('stateN', [1])])).toEqual({});
  expect(guess([info('query'), info('key')], [info('values')])).toEqual({});
  expect(guess([info('x')], [info('x_out')])).toEqual({});
  expect(guess([info('channel'), info('ch1')], [info('channel_out')])).toEqual({});
});
test('without a telling name: an input that leads to a recurrent node', () => {
  expect(guess([x, info('input_3')], [y, info('stack_2')], ['input_3'])).toEqual({ input_3: 'stack_2' });
  // Two that would do: nobody knows which.
  expect(guess([x, info('input_3')], [info('a'), info('b')], ['input_3'])).toEqual({});
});

test('names of Object.prototype are names like others', () => {
  expect(guess([info('constructor'), info('__proto__')], [y])).toEqual({});
  expect(guess([info('toString'), info('state')], [info('stateN')]).toString).toBeUndefined();
});

test('inputs that lead to the initial states, through what only moves elements, into subgraphs', () => {
  const node = (type: string, inputs: string[], outputs: string[], g?: object) => ({
    type,
    inputs,
    outputs,
    attributes: g ? [{ g }] : [],
  });
  const inner = { nodes: [node('GRU', ['v', 'w', 'r', '', '', 'sliced'], ['out'])] };
  const graph = {
    nodes: [
      node('Slice', ['state', 'starts'], ['sliced']),
      node('If', ['flag'], ['z'], inner),
      node('Tanh', ['other'], ['squashed']),
      node('LSTM', ['x', 'w2', 'r2', '', '', 'squashed', 'c'], ['y']),
    ],
  };
  const found = leadingToStates(graph as unknown as GraphProto);
  expect([found.has('state'), found.has('c'), found.has('other'), found.has('x'), found.has('v')]).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});
