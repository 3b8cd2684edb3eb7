// Every operator by its name. A family is a file of its own that exports a table; it is added here and nowhere else.
import type { Operator } from '../call.js';
import { activations } from './activations.js';
import { control } from './control.js';
import { convolutions } from './conv.js';
import { transposedConvolutions } from './conv-transpose.js';
import { einsums } from './einsum.js';
import { elementwise } from './elementwise.js';
import { indexing } from './indexing.js';
import { products } from './matmul.js';
import { norms } from './norms.js';
import { pads } from './pads.js';
import { pools } from './pools.js';
import { quantized } from './quantized.js';
import { recurrentNodes } from './recurrent.js';
import { reduce } from './reduce.js';
import { resizes } from './resize.js';
import { shapes } from './shapes.js';

export const OPERATORS: Readonly<Record<string, Operator>> = {
  ...elementwise,
  ...shapes,
  ...reduce,
  ...products,
  ...control,
  ...activations,
  ...recurrentNodes,
  ...convolutions,
  ...transposedConvolutions,
  ...pads,
  ...pools,
  ...norms,
  ...resizes,
  ...indexing,
  ...einsums,
  ...quantized,
};
