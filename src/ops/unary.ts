// Elementwise functions of one operand. Formulas and error bounds: assembly/elementwise and assembly/simd.
import { kernels } from '../engine/engine.js';
import { UNARY } from '../engine/kernels.js';
import { cast } from './cast.js';
import { elements, fresh, type Op, type Saved } from './op.js';

export type UnaryName = keyof typeof UNARY;

/** What the derivative is computed from: tanh' = 1 - y², log' = 1 / x. */
const FROM_INPUT: readonly UnaryName[] = ['abs', 'log', 'erf', 'elu', 'softplus'];
const INTEGER: readonly UnaryName[] = ['neg', 'abs'];

function elementwise(name: UnaryName): Op<void, Saved> {
  const code = UNARY[name];
  const fromInput = FROM_INPUT.includes(name);
  return {
    name,
    forward([input]) {
      const integer = input!.dtype === 'int32' && INTEGER.includes(name);
      const x = integer ? input! : cast(input!, 'float32');
      const y = fresh(x.shape, name, x.dtype);
      if (integer) kernels().unaryInt(code, x.block.ptr, y.block.ptr, elements(x));
      else kernels().unary(code, x.block.ptr, y.block.ptr, elements(x));
      return { outputs: [y], saved: { operands: name === 'neg' ? [] : [fromInput ? x : y] } };
    },
    backward({ operands: [saved] }, [dOut]) {
      const dx = fresh(dOut!.shape, `${name}.backward`);
      kernels().unaryBackward(code, saved?.block.ptr ?? 0, dOut!.block.ptr, dx.block.ptr, elements(dOut!));
      return [dx];
    },
  };
}

export const neg = elementwise('neg');
export const abs = elementwise('abs');
export const sqrt = elementwise('sqrt');
export const exp = elementwise('exp');
export const log = elementwise('log');
export const tanh = elementwise('tanh');
export const sigmoid = elementwise('sigmoid');
export const relu = elementwise('relu');
export const erf = elementwise('erf');
export const elu = elementwise('elu');
export const softplus = elementwise('softplus');
