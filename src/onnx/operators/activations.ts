// The activation functions of recurrent nodes, and the elementwise operators that are the same functions.
import { kernels } from '../../engine/engine.js';
import { BINARY, UNARY } from '../../engine/kernels.js';
import { FormatError, UnsupportedError } from '../../errors.js';
import { type Call, needFloat, type Operator } from '../call.js';
import { storeAs } from '../element-types.js';
import { onnxKernels } from '../engine.js';
import { ACTIVATION } from '../kernels.js';
import { floatBinary, mapped, zipped } from './elementwise.js';
import type { Direction, Kind, Layer } from './recurrent-layer.js';

/** A function applied in place to n floats. */
export interface Activation {
  readonly name: string;
  readonly alpha: number;
  readonly beta: number;
}

/**
 * By lower-case name: the code, and the defaults of alpha and beta where the function has them. They are ONNX Runtime's, which takes 0 where
 * no operator of today's ONNX gives one, and for ThresholdedRelu too.
 */
const FUNCTIONS: Record<string, readonly [code: number, alpha?: number, beta?: number]> = {
  affine: [ACTIVATION.affine, 0, 0],
  leakyrelu: [ACTIVATION.leakyRelu, 0.01],
  thresholdedrelu: [ACTIVATION.thresholdedRelu, 0],
  scaledtanh: [ACTIVATION.scaledTanh, 0, 0],
  hardsigmoid: [ACTIVATION.hardSigmoid, 0.2, 0.5],
  elu: [ACTIVATION.elu, 1],
  softsign: [ACTIVATION.softsign],
};
const CORE: Record<string, number> = {
  relu: UNARY.relu,
  tanh: UNARY.tanh,
  sigmoid: UNARY.sigmoid,
  softplus: UNARY.softplus,
};

export function applyActivation({ name, alpha, beta }: Activation, x: number, n: number): void {
  if (Object.hasOwn(CORE, name)) kernels().unary(CORE[name], x, x, n);
  else onnxKernels().activate(FUNCTIONS[name][0], x, x, n, alpha, beta);
}

const DEFAULTS: Record<Kind, string[]> = { RNN: ['tanh'], GRU: ['sigmoid', 'tanh'], LSTM: ['sigmoid', 'tanh', 'tanh'] };

/** The functions of each direction. alpha and beta are lists too: each function that has one takes the next. */
export function activationsOf(call: Call, kind: Kind, D: number): Activation[][] {
  const each = DEFAULTS[kind];
  const names =
    call.texts('activations')?.map((name) => name.toLowerCase()) ?? Array.from({ length: D }, () => each).flat();
  if (names.length !== D * each.length)
    throw new FormatError(`activations: ${names.length}; expected ${D * each.length}`);
  const [alphas, betas] = ['activation_alpha', 'activation_beta'].map((name) => [...(call.floats(name) ?? [])]);
  const all = names.map((name) => {
    if (Object.hasOwn(CORE, name)) return { name, alpha: 0, beta: 0 };
    if (!Object.hasOwn(FUNCTIONS, name)) throw new UnsupportedError(`activation ${name}`);
    const [, alpha, beta] = FUNCTIONS[name];
    const next = (list: number[], usual: number | undefined) => (usual === undefined ? 0 : (list.shift() ?? usual));
    return { name, alpha: next(alphas, alpha), beta: next(betas, beta) };
  });
  return Array.from({ length: D }, (_, d) => all.slice(d * each.length, (d + 1) * each.length));
}

/** Whether the kernel of gated's own layers computes it. */
export function isUsual({ kind, clip, coupled }: Layer, { activations }: Direction): boolean {
  const names = activations.map(({ name }) => name).join();
  const usual = names === DEFAULTS[kind].join() || (kind === 'RNN' && names === 'relu');
  return usual && clip === 0 && !coupled;
}

/** y = f(x) by a code of ACTIVATION. */
export function activated(code: number, alpha = 0, beta = 0): Operator {
  return (call) => {
    const x = call.in(0);
    needFloat(x);
    const y = call.out(x.shape);
    const [a, b] = [call.float('alpha', alpha), call.float('beta', beta)];
    call.step(() => onnxKernels().activate(code, x.ptr, y.ptr, x.size, a, b));
  };
}

/** max(x, 0) + slope · min(x, 0). */
function prelu(call: Call): void {
  const [x, slope] = [call.in(0), call.in(1)];
  const y = call.out(x.shape);
  if (x.dtype === 'int32') {
    const store = storeAs(x.type);
    zipped(call, x, slope, y, (v, s) => (v < 0 ? store(v * s) : v));
    return;
  }
  const above = call.scratch(x.size);
  call.step(() => {
    kernels().clamp(x.ptr, above, x.size, 0, Number.POSITIVE_INFINITY);
    kernels().clamp(x.ptr, y.ptr, x.size, Number.NEGATIVE_INFINITY, 0);
  });
  floatBinary(call, 'mul', y, slope, y);
  call.step(() => kernels().binary(BINARY.add, y.ptr, above, y.ptr, x.size));
}

export const activations: Record<string, Operator> = {
  LeakyRelu: activated(ACTIVATION.leakyRelu, 0.01),
  ThresholdedRelu: activated(ACTIVATION.thresholdedRelu, 1),
  HardSigmoid: activated(ACTIVATION.hardSigmoid, 0.2, 0.5),
  HardSwish: activated(ACTIVATION.hardSwish, 1 / 6, 0.5),
  Elu: activated(ACTIVATION.elu, 1),
  Softsign: activated(ACTIVATION.softsign),
  Floor: activated(ACTIVATION.floor),
  Ceil: activated(ACTIVATION.ceil),
  Round: activated(ACTIVATION.round),
  Reciprocal: activated(ACTIVATION.reciprocal),
  Sin: activated(ACTIVATION.sin),
  Cos: activated(ACTIVATION.cos),
  Gelu: (call) => activated(call.text('approximate', 'none') === 'tanh' ? ACTIVATION.geluTanh : ACTIVATION.gelu)(call),
  Sign: (call) => {
    const x = call.in(0);
    if (x.dtype === 'float32') activated(ACTIVATION.sign)(call);
    else mapped(call, x, call.out(x.shape), Math.sign);
  },
  PRelu: prelu,
};
