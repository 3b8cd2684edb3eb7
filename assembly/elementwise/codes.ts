// Operation codes of map(). UNARY, BINARY of src/engine/kernels.ts are the low bits of the first four groups.
export const enum Op {
  // Unary: out = f(a)
  NEG = 0,
  ABS,
  SQRT,
  EXP,
  LOG,
  TANH,
  SIGMOID,
  RELU,
  ERF,
  ELU,
  SOFTPLUS,
  NEG_INT,
  ABS_INT,
  INT_TO_FLOAT,
  FLOAT_TO_INT,
  // Binary: out = f(a, b)
  ADD = 16,
  SUB,
  MUL,
  DIV,
  POW,
  MAX,
  MIN,
  SQUARED_ERROR, // (a - b)²
  ADD_INT = 24,
  SUB_INT,
  MUL_INT,
  MAX_INT = 29,
  MIN_INT,
  // Gradients of the unary ones: a is the saved x or y, b is dy. NEG has none: it is NEG of dy.
  ABS_BACKWARD = 33,
  SQRT_BACKWARD,
  EXP_BACKWARD,
  LOG_BACKWARD,
  TANH_BACKWARD,
  SIGMOID_BACKWARD,
  RELU_BACKWARD,
  ERF_BACKWARD,
  ELU_BACKWARD,
  SOFTPLUS_BACKWARD,
  // Ternary: out = f(a, b, c)
  CLAMP = 44, // a between b and c
  CLAMP_BACKWARD, // b where a lies in [c[0..3], c[4..7]]
  SELECT, // a ≠ 0 ? b : c
  POW_BASE_BACKWARD, // c · ∂(a^b)/∂a
  POW_EXPONENT_BACKWARD, // c · ∂(a^b)/∂b
  EXTREMUM_BACKWARD, // c, half of it where a = b, 0 where a < b
  SQUARED_ERROR_BACKWARD, // c · 2 (a - b)
}

/** What binary(), unary() and unaryBackward() take (BINARY, UNARY of src/engine/kernels.ts). */
export const BINARY_SUB: i32 = Op.SUB - Op.ADD;
export const BINARY_MUL: i32 = Op.MUL - Op.ADD;
export const UNARY_TANH: i32 = Op.TANH;
export const UNARY_SIGMOID: i32 = Op.SIGMOID;
