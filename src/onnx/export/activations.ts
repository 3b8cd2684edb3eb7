// Activations as ONNX's operators: those that opset 17 lacks are written out.

import type {
  ELU,
  GELU,
  Hardtanh,
  LeakyReLU,
  PReLU,
  Softmax as SoftmaxModule,
  Softplus,
} from '../../nn/activations.js';
import { normalizeDim } from '../../shape.js';
import type { GraphWriter, Value } from './graph.js';
import type { Layer } from './layer.js';

const one =
  (type: string): Layer =>
  (g, _, x) =>
    g.same(type, [x]);
const along =
  (type: string): Layer<SoftmaxModule> =>
  (g, { dim }, x) =>
    g.same(type, [x], { axis: normalizeDim(dim, x.dims.length, `toOnnx: ${g.where}`) });
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

export const activations = {
  Tanh: one('Tanh'),
  Sigmoid: one('Sigmoid'),
  ReLU: one('Relu'),
  Softsign: one('Softsign'),
  LeakyReLU: (g: GraphWriter, { negativeSlope: alpha }: LeakyReLU, x: Value) => g.same('LeakyRelu', [x], { alpha }),
  ELU: (g: GraphWriter, { alpha }: ELU, x: Value) => g.same('Elu', [x], { alpha }),
  GELU: gelu,
  SiLU: (g: GraphWriter, _: unknown, x: Value) => g.same('Mul', [x, g.same('Sigmoid', [x])]),
  Softplus: softplus,
  Hardtanh: (g: GraphWriter, { minVal, maxVal }: Hardtanh, x: Value) =>
    g.same('Clip', [x, g.number(minVal), g.number(maxVal)]),
  Hardsigmoid: (g: GraphWriter, _: unknown, x: Value) => hardSigmoid(g, x),
  Hardswish: (g: GraphWriter, _: unknown, x: Value) => g.same('Mul', [x, hardSigmoid(g, x)]),
  LogSigmoid: (g: GraphWriter, _: unknown, x: Value) => g.same('Neg', [g.same('Softplus', [g.same('Neg', [x])])]),
  PReLU: prelu,
  Softmax: along('Softmax'),
  LogSoftmax: along('LogSoftmax'),
  Identity: (_: unknown, __: unknown, x: Value) => x,
};
