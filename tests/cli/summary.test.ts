// What `gated inspect` reads of a file: damaged ones are one of gated's errors, or are read as far as they make sense.
import { expect, test } from 'vitest';
import { NPY, otherKind, SAFETENSORS } from '../../src/cli/onnx/file-kind.js';
import { summarize } from '../../src/cli/onnx/summary.js';
import { GatedError } from '../../src/errors.js';
import { save } from '../../src/formats/safetensors.js';
import { LSTM } from '../../src/index.js';
import { toOnnx } from '../../src/onnx/index.js';
// @ts-expect-error a script without types
import { tensor, writeModel } from '../onnx/goldens/model.mjs';

const info = (name: string, dims: unknown, type = 'float32') => ({ name, type, dims });
const node = (type: string, inputs: string[], outputs: string[], attributes: object = {}) => ({
  type,
  inputs,
  outputs,
  attributes,
});

test('subgraphs and Constant nodes count; axes are no parameters', () => {
  const branch = (value: number) => ({
    nodes: [node('Constant', [], ['c'], { value: tensor('float32', [4], [value, value, value, value]) })],
    inputs: [],
    outputs: [info('c', [4])],
  });
  const graph = {
    nodes: [
      node('If', ['flag'], ['y'], { then_branch: branch(1), else_branch: branch(2) }),
      node('Constant', [], ['axes'], { value: tensor('int64', [1], [0]) }),
      node('Mul', ['y', 'w'], ['z']),
      node('Unsqueeze', ['z', 'axes'], ['out']),
    ],
    inputs: [info('flag', [], 'bool')],
    outputs: [info('out', [1, 4])],
    initializers: { w: tensor('float32', [4], [1, 2, 3, 4]) },
  };
  const { operators, parameters, bytes, unsupported, inputs } = summarize(writeModel(graph), 'x.onnx');
  expect(operators).toEqual([
    ['Constant', 3],
    ['If', 1],
    ['Mul', 1],
    ['Unsqueeze', 1],
  ]);
  expect([parameters, bytes, unsupported]).toEqual([12, 48, []]);
  expect(inputs).toEqual([{ name: 'flag', dtype: 'bool', shape: [] }]);
});

test('truncations and flips: an error of ours or a summary', () => {
  const lstm = new LSTM({ inputSize: 3, hiddenSize: 4 });
  const bytes = toOnnx(lstm, { input: ['seqLen', 1, 3], states: true });
  lstm.dispose();
  expect(summarize(bytes, 'x').states).toEqual({ h0: 'hn', c0: 'cn' });
  let refused = 0;
  const harmless = (damaged: Uint8Array) => {
    try {
      summarize(damaged, 'x');
    } catch (error) {
      expect(error).toBeInstanceOf(GatedError);
      refused++;
    }
  };
  for (let n = 0; n < bytes.length; n += 3) harmless(bytes.subarray(0, n));
  expect(refused).toBeGreaterThan(bytes.length / 6);
  for (let i = 0; i < 2000; i++) {
    const flipped = bytes.slice();
    flipped[(i * 7919) % bytes.length] ^= 1 << (i % 8);
    harmless(flipped);
  }
});

test('files of other kinds by how they begin', () => {
  const begin = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));
  expect(otherKind(begin('PK\x03\x04....'), NPY)).toMatch(/^it is a ZIP archive/);
  expect(otherKind(begin('\x89HDF\r\n'), NPY)).toMatch(/^it is an HDF5 file/);
  expect(otherKind(begin('....TFL3'), NPY)).toBe('it is a TensorFlow Lite model');
  expect(otherKind(begin('version https://git-lfs.github.com/spec/v1'), NPY)).toMatch(/^it is a Git LFS pointer/);
  expect(otherKind(begin(' {"a": 1}'), NPY)).toBe('it is JSON');
  expect(otherKind(begin(''), NPY)).toBe('the file is empty');
  expect(otherKind(begin('what else'), NPY)).toBeNull();
  expect(otherKind(save({ x: { dtype: 'float32', shape: [1], data: Float32Array.of(1) } }), SAFETENSORS)).toBeNull();
});
