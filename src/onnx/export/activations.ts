// Activations as ONNX's operators: those that opset 17 lacks are written out.

import type { ELU, GELU, Hardtanh, LeakyReLU, PReLU, Softmax, Softplus } from '../../nn/activations.js';
import { normalizeDim } from '../../shape.js';
import type { GraphWriter, Value } from './graph.js';

/** (x + 3) / 6 between 0 and 1. */
const hardSigmoid = (g: GraphWriter, x: Value) => g.same('HardSigmoid', [x], { alpha: 1 / 6, beta: 0.5 });

/** x/2 · (1 + twice), as forward() computes it. */
function gelu(g: GraphWriter, { approximate }: GELU, x: Value): Value {
  const mul = (a: Value, b: Value | number) => g.same('Mul', [a, typeof b === 'number' ? g.number(b) : b]);
  const add = (a: Value, b: number) => g.same('Add', [a, g.number(b)]);
  // √(2/π)·0.044715 and √(2/π)
  const twice =
    approximate === 'none'
      ? g.same('Erf', [mul(x, Math.SQRT1_2)])
      : g.same('Tanh', [mul(add(mul(mul(x, x), 0.035677408136), 0.7978845608028654), x)]);
  return mul(mul(x, 0.5), add(twice, 1));
}

function softplus(g: GraphWriter, { beta, threshold }: Softplus, x: Value): Value {
  const z = beta === 1 ? x : g.same('Mul', [x, g.number(beta)]);
  const soft = g.same('Softplus', [z]);
  const y = beta === 1 ? soft : g.same('Div', [soft, g.number(beta)]);
  // From 17 on softplus rounds to its argument.
  if (threshold >= 17) return y;
  return g.op('Where', [g.same('Greater', [z, g.number(threshold)]), x, y], x.dims);
}

function prelu(g: GraphWriter, { weight, numParameters: n }: PReLU, x: Value): Value {
  const { dims } = x;
  g.expect(n === 1 || dims[1] === n, x, `${n} channels (= numParameters) in dim 1`);
  return g.same('PRelu', [x, g.floats('weight', [n, ...(n > 1 ? dims.slice(2).map(() => 1) : [])], weight.data())]);
}

/** A class that is one operator is its name. */
export const activations = {
  Tanh: 'Tanh',
  Sigmoid: 'Sigmoid',
  ReLU: 'Relu',
  Softsign: 'Softsign',
  LeakyReLU: 'LeakyRelu',
  ELU: 'Elu',
  Softmax: 'Softmax',
  LogSoftmax: 'LogSoftmax',
  GELU: gelu,
  SiLU: (g: GraphWriter, _: unknown, x: Value) => g.same('Mul', [x, g.same('Sigmoid', [x])]),
  Softplus: softplus,
  Hardtanh: (g: GraphWriter, { minVal, maxVal }: Hardtanh, x: Value) =>
    g.same('Clip', [x, g.number(minVal), g.number(maxVal)]),
  Hardsigmoid: (g: GraphWriter, _: unknown, x: Value) => hardSigmoid(g, x),
  Hardswish: (g: GraphWriter, _: unknown, x: Value) => g.same('Mul', [x, hardSigmoid(g, x)]),
  LogSigmoid: (g: GraphWriter, _: unknown, x: Value) => g.same('Neg', [g.same('Softplus', [g.same('Neg', [x])])]),
  PReLU: prelu,
};

/** A module that is the operator `type`. */
export function operator(g: GraphWriter, type: string, m: Partial<LeakyReLU & ELU & Softmax>, x: Value): Value {
  const axis = m.dim === undefined ? m.dim : normalizeDim(m.dim, x.dims.length, `toOnnx: ${g.where}`);
  return g.same(type, [x], { alpha: m.alpha ?? m.negativeSlope, axis });
}
