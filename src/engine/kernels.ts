// The ABI: what assembly/index.ts exports, typed. tests/engine/abi.test.ts holds the two against each other.
//
// Pointers are byte addresses in linear memory; 0 means absent. Sizes and strides count elements. Matrices are row-major
// float32 unless a comment says int32. `dX` is the gradient of X. "writes" means `=`, "adds" means `+=`.
// No kernel allocates; a kernel that needs scratch takes a pointer and a `…Bytes` twin says how much.

/** Address in linear memory, in bytes. */
export type Ptr = number;

export interface MatmulKernels {
  /** Bytes of a packed matrix of n output columns and k summands: ceil(n / 8) panels of [k][8] floats. */
  packedBytes(n: number, k: number): number;
  /** Packs W [n, k] (leading dimension ldw) for y = x·Wᵀ. Unused columns of the last panel are zeros. */
  packTransposed(w: Ptr, ldw: number, n: number, k: number, packed: Ptr): void;
  /** Packs B [k, n] (leading dimension ldb) for y = x·B. */
  packPlain(b: Ptr, ldb: number, n: number, k: number, packed: Ptr): void;
  /** C [m, n] = A [m, k] · packed, or += where accumulate is 1. Each element is one ascending sum over k from zero. */
  gemm(
    a: Ptr,
    lda: number,
    packed: Ptr,
    c: Ptr,
    ldc: number,
    m: number,
    n: number,
    k: number,
    accumulate: number,
  ): void;
  /** C [m, n] += Aᵀ·B for A [k, m], B [k, n]: sums over blocks of rows, added in order. */
  gemmTransposedA(
    a: Ptr,
    lda: number,
    b: Ptr,
    ldb: number,
    c: Ptr,
    ldc: number,
    m: number,
    n: number,
    k: number,
    scratch: Ptr,
  ): void;
  gemmTransposedABytes(m: number, n: number, k: number): number;
  /** y [m, n] = x [m, k] · packed + bias [n] (bias may be 0). */
  linear(x: Ptr, packed: Ptr, bias: Ptr, y: Ptr, m: number, n: number, k: number): void;
  /** out [n] += the sums of the columns of a [m, n], over blocks of rows, added in order. */
  columnSums(a: Ptr, lda: number, out: Ptr, m: number, n: number): void;
}

/**
 * Arguments of the recurrent kernels: consecutive int32 fields in linear memory, in this order (RecurrentArgs in
 * assembly/recurrent/args.ts). One direction of one layer over a whole sequence.
 *
 * Rows are *packed*, as in PyTorch's PackedSequence: sequences sorted by falling length, step t holds the rows of the
 * batchSizes[t] sequences still running, all steps one after the other; `rows` is the sum of batchSizes, N = batchSizes[0].
 * G = 1 (RNN), 4 (LSTM: i, f, g, o), 3 (GRU: r, z, n). H = hiddenSize, S = projSize or, where that is 0, H.
 */
export const RECURRENT_FIELDS = [
  'kind', // 0 RNN tanh, 1 RNN relu, 2 LSTM, 3 GRU (reset after), 4 GRU (reset before)
  'x', // [rows, I]
  'inputSize', // I
  'batchSizes', // int32 [steps], not increasing; or 0: rows / steps at each
  'steps',
  'rows',
  'hiddenSize',
  'projSize', // LSTM only; 0 = no projection
  'reverse', // 1: time runs backwards, each row starting at its own last step
  'training', // 1: keep in gates and cells what backward needs
  'weightIh', // packTransposed of [G·H, I]
  'weightHh', // packTransposed of [G·H, S]
  'weightHr', // packTransposed of [S, H], or 0
  'bias', // [G·H], or 0: b_ih + b_hh; for GRU (reset after) the n part is b_in alone (combineBias makes it)
  'biasHn', // GRU (reset after): b_hn [H], or 0
  'h0', // [N, S], or 0 for zeros; may be the same address as hN
  'c0', // LSTM: [N, H], or 0 for zeros; may be the same address as cN
  'output', // [rows, S] with row stride outputStride: writes h of every step
  'outputStride',
  'hN', // [N, S]: the live state; at the end each row's own last one
  'cN', // LSTM: [N, H]
  'gates', // training: [rows, G·H], the activated gates; backward overwrites them with their gradients
  'cells', // training: [rows, H], LSTM: c of every step; GRU: W_hn·h + b_hn of every step (reset before: scratch of backward); RNN: unused
  'work', // recurrentWorkBytes(args) of scratch
  'dOutput', // [rows, S] with row stride dOutputStride, or 0 for zeros
  'dOutputStride',
  'dhN', // [N, S], or 0 for zeros
  'dcN', // LSTM: [N, H], or 0 for zeros
  'weightIhBackward', // packPlain of weight_ih [G·H, I]; unused where dx is 0
  'weightHhBackward', // packPlain of weight_hh [G·H, S]; GRU (reset before): of its r and z rows
  'weightHrBackward', // packPlain of weight_hr [S, H], or 0; GRU (reset before): of the n rows of weight_hh
  'dx', // writes (adds where dxAccumulate is 1) [rows, I], or 0 where not wanted
  'dxAccumulate',
  'dWeightIh', // adds [G·H, I], or 0
  'dWeightHh', // adds [G·H, S], or 0
  'dWeightHr', // adds [S, H], or 0
  'dBiasIh', // adds [G·H], or 0
  'dBiasHh', // adds [G·H], or 0
  'dh', // [N, S]: the live state gradient; at the end that of h0 (never absent)
  'dc', // LSTM: [N, H]: likewise of c0
  'backwardWork', // recurrentBackwardWorkBytes(args) of scratch
  'peephole', // LSTM: diagonal weights [3H] of the cell to i, f and o, or 0
  'dPeephole', // adds [3H], or 0
  'mask', // [N, S], or 0: what W_hh multiplies is mask · h; backward needs it too
] as const;
export type RecurrentField = (typeof RECURRENT_FIELDS)[number];

export interface RecurrentKernels {
  /** Scratch for recurrentForward; reads kind, sizes, training, steps, rows, batchSizes. */
  recurrentWorkBytes(args: Ptr): number;
  recurrentBackwardWorkBytes(args: Ptr): number;
  recurrentForward(args: Ptr): void;
  /** Backward through time. Reads what recurrentForward left with training = 1; gates end as their gradients. */
  recurrentBackward(args: Ptr): void;
  /** out [G·H] = bIh + bHh; for GRU the n part is bIh's alone. */
  combineBias(kind: number, bIh: Ptr, bHh: Ptr, out: Ptr, hiddenSize: number): void;
  /** Runs `count` plan nodes, each PLAN_NODE_FIELDS int32: a whole stack of layers in one call. */
  runPlan(plan: Ptr, count: number): void;
}

/** One node of a plan: op (PLAN_OPS) and up to seven arguments, int32 each. */
export const PLAN_NODE_FIELDS = 8;
export const PLAN_OPS = {
  recurrent: 0, // args
  linear: 1, // x, packed, bias, y, m, n, k
  embedding: 2, // ids (int32), weight, y, count, vocabulary, dim
  unary: 3, // UNARY op, x, y, n
  binary: 4, // BINARY op, a, b, out, n
  binaryScalar: 5, // BINARY op, a, b (the bits of a float32), out, n
  clamp: 6, // x, out, n, low, high (bits of float32)
  softmax: 7, // x, y, outer, n, inner, log
  normalize: 8, // x, weight, bias, y, m, n, eps (float32)
  convolution: 9, // args: CONVOLUTION_FIELDS
} as const;

/** Arguments of a plan's convolution, int32 each (ConvolutionArgs in assembly/convolution.ts). */
export const CONVOLUTION_FIELDS = [
  'x', // [rows, C]: the newest frame
  'frames', // [rows, (taps - 1) · dilation, C]: those before it, oldest first; moves on by one
  'columns', // [rows, C, taps] of scratch
  'packed', // per group packTransposed of [Co / groups, C / groups · taps]
  'bias', // [Co], or 0
  'y', // [rows, Co]
  'rows',
  'channels', // C
  'taps', // kernel size
  'dilation',
  'groups',
  'outChannels', // Co
] as const;

/** Codes of unary(); the backward formulas read the operand named here. */
export const UNARY = {
  neg: 0, // none
  abs: 1, // x
  sqrt: 2, // y
  exp: 3, // y
  log: 4, // x
  tanh: 5, // y
  sigmoid: 6, // y
  relu: 7, // y
  erf: 8, // x
  elu: 9, // x: e^x - 1 below 0
  softplus: 10, // x: log(1 + e^x)
} as const;
export const BINARY = { add: 0, sub: 1, mul: 2, div: 3, pow: 4, max: 5, min: 6 } as const;
export const REDUCE = { sum: 0, mean: 1, max: 2, min: 3 } as const;

export interface ElementwiseKernels {
  unary(op: number, x: Ptr, y: Ptr, n: number): void;
  /** dx = dy · f'(…); `saved` is x or y as UNARY says. abs, relu: 0 at 0, as in PyTorch. */
  unaryBackward(op: number, saved: Ptr, dy: Ptr, dx: Ptr, n: number): void;
  /** int32: neg and abs only. */
  unaryInt(op: number, x: Ptr, y: Ptr, n: number): void;
  /** Same shapes, contiguous. max and min propagate NaN. */
  binary(op: number, a: Ptr, b: Ptr, out: Ptr, n: number): void;
  /** b is one number. */
  binaryScalar(op: number, a: Ptr, b: number, out: Ptr, n: number): void;
  /** out is contiguous of `shape` (int32 [rank]); strides (int32 [rank], elements) are 0 along broadcast dimensions. */
  binaryBroadcast(op: number, a: Ptr, b: Ptr, out: Ptr, rank: number, shape: Ptr, aStrides: Ptr, bStrides: Ptr): void;
  /** As binaryBroadcast on int32: add, sub, mul (wrapping), max, min. */
  binaryBroadcastInt(
    op: number,
    a: Ptr,
    b: Ptr,
    out: Ptr,
    rank: number,
    shape: Ptr,
    aStrides: Ptr,
    bStrides: Ptr,
  ): void;
  /**
   * Gradient of pow, max, min with respect to a (side 0) or b (side 1), all contiguous of one shape: writes dOut · ∂out/∂side.
   * pow: a^(b-1)·b (0 where b is 0) and a^b·ln a (0 where a is 0 and b ≥ 0); max, min: half each at ties, as in PyTorch.
   */
  binaryBackward(op: number, side: number, a: Ptr, b: Ptr, dOut: Ptr, out: Ptr, n: number): void;
  /** out = min(max(x, low), high), NaN kept; and its gradient (1 inside the closed interval, or the open one). */
  clamp(x: Ptr, out: Ptr, n: number, low: number, high: number): void;
  clampBackward(x: Ptr, dOut: Ptr, dx: Ptr, n: number, low: number, high: number, open: number): void;
  /** out = condition (int32) ≠ 0 ? a : b, contiguous, any 4-byte type. */
  select(condition: Ptr, a: Ptr, b: Ptr, out: Ptr, n: number): void;
  /** y += x; y *= factor. */
  accumulate(x: Ptr, y: Ptr, n: number): void;
  scale(y: Ptr, n: number, factor: number): void;
  /** int32 -> float32, and float32 -> int32 truncated (saturating). */
  intToFloat(x: Ptr, y: Ptr, n: number): void;
  floatToInt(x: Ptr, y: Ptr, n: number): void;
  /** Any 4-byte type: out[Σ i·outStride] = x[Σ i·xStride] over `shape`; adds (float32) where accumulate is 1. */
  copyStrided(x: Ptr, out: Ptr, rank: number, shape: Ptr, xStrides: Ptr, outStrides: Ptr, accumulate: number): void;
  /**
   * Rows of `width` 4-byte elements: out row r = x row index[r], or zeros where index[r] is -1. index: int32 [count].
   * scatterRows: out row index[r] = (accumulate 1: +=) x row r, skipping -1. With accumulate 0 rows not named stay as they are.
   */
  gatherRows(x: Ptr, index: Ptr, out: Ptr, count: number, width: number): void;
  scatterRows(x: Ptr, index: Ptr, out: Ptr, count: number, width: number, accumulate: number): void;
  /** First position of index (int32 [count]) outside [0, bound), or -1. */
  findOutOfRange(index: Ptr, count: number, bound: number): number;
  /** torch.gather along the middle of [outer, n, inner]; index, out are [outer, count, inner]. Backward adds into dx. */
  gather(x: Ptr, index: Ptr, out: Ptr, outer: number, n: number, inner: number, count: number): void;
  gatherBackward(dOut: Ptr, index: Ptr, dx: Ptr, outer: number, n: number, inner: number, count: number): void;
}

export interface ReduceKernels {
  /** x [outer, n, inner] -> out [outer, inner], float32. Sums are blocked (pairwise), NaN propagates in max and min. */
  reduce(op: number, x: Ptr, out: Ptr, outer: number, n: number, inner: number): void;
  /** int32 sum (wrapping), max, min. */
  reduceInt(op: number, x: Ptr, out: Ptr, outer: number, n: number, inner: number): void;
  /** int32 out: the first position of the maximum; NaN counts as the maximum. isInt 1: x is int32. */
  argmax(x: Ptr, out: Ptr, outer: number, n: number, inner: number, isInt: number): void;
  /** dx writes. max, min: to the positions equal to out, shared evenly if `share` is 1 (full reduction), else to the first. */
  reduceBackward(
    op: number,
    x: Ptr,
    out: Ptr,
    dOut: Ptr,
    dx: Ptr,
    outer: number,
    n: number,
    inner: number,
    share: number,
  ): void;
  /** Softmax over the middle of [outer, n, inner]; log 1: its logarithm. Backward reads the output y. */
  softmax(x: Ptr, y: Ptr, outer: number, n: number, inner: number, log: number): void;
  softmaxBackward(y: Ptr, dy: Ptr, dx: Ptr, outer: number, n: number, inner: number, log: number): void;
  /**
   * Rows of x [m, n]: y = (x - mean) / √(variance + eps) · weight [n] + bias [n] (either may be 0); stats (float64 [m, 2]) writes mean and biased
   * variance (or is 0). eps below 0: y = x · weight + bias. Backward: dWeight [m, n] writes dy · (x - mean) / √(variance + eps); it
   * may be dx where not wanted.
   */
  normalize(x: Ptr, weight: Ptr, bias: Ptr, y: Ptr, m: number, n: number, eps: number, stats: Ptr): void;
  normalizeBackward(
    x: Ptr,
    weight: Ptr,
    dy: Ptr,
    stats: Ptr,
    dx: Ptr,
    dWeight: Ptr,
    m: number,
    n: number,
    eps: number,
  ): void;
  /** Σ x², in float64. */
  sumSquares(x: Ptr, n: number): number;
}

export interface LossKernels {
  /**
   * Cross-entropy of logits [m, c] against targets (int32 [m]) as torch.nn.functional.cross_entropy: writes each row's loss
   * (0 where the target is ignoreIndex) and logSumExp [m] (log Σ exp(x - max): relative to the row's maximum, 0 where
   * ignored), returns Σ weight[target] over rows that count. weight [c] may be 0. The caller has checked the targets.
   */
  crossEntropy(
    logits: Ptr,
    targets: Ptr,
    weight: Ptr,
    losses: Ptr,
    logSumExp: Ptr,
    m: number,
    c: number,
    ignoreIndex: number,
    labelSmoothing: number,
  ): number;
  /** dLogits [m, c] writes: scale[r · scaleStride] · ∂losses[r]/∂logits. */
  crossEntropyBackward(
    logits: Ptr,
    targets: Ptr,
    weight: Ptr,
    logSumExp: Ptr,
    scale: Ptr,
    scaleStride: number,
    dLogits: Ptr,
    m: number,
    c: number,
    ignoreIndex: number,
    labelSmoothing: number,
  ): void;
  /**
   * torch.nn.functional.ctc_loss of logProbs [T, batch, classes]: writes losses [batch], ∞ (0 where zeroInfinity is 1) where nothing aligns.
   * labels: int32, all sequences' one after the other, checked by the caller; inputLengths, targetLengths: int32 [batch].
   * gradient [T, batch, classes], or 0: writes the steps of each sequence, NaN (or 0) where the loss is ∞. work: ctcBytes.
   */
  ctc(
    logProbs: Ptr,
    inputLengths: Ptr,
    labels: Ptr,
    targetLengths: Ptr,
    batch: number,
    classes: number,
    blank: number,
    zeroInfinity: number,
    losses: Ptr,
    gradient: Ptr,
    work: Ptr,
  ): void;
  /** For sequences of at most so many steps and labels. */
  ctcBytes(steps: number, count: number): number;
  /** out = (x - y)²; and dx = scale[i · scaleStride] · 2 (x - y). */
  squaredError(x: Ptr, y: Ptr, out: Ptr, n: number): void;
  squaredErrorBackward(x: Ptr, y: Ptr, scale: Ptr, scaleStride: number, dx: Ptr, n: number): void;
}

/** Words of a row of the optimizers' table. */
export const PARAMETER_ROW = 8;

/**
 * Each goes through a table of `count` rows of PARAMETER_ROW words: parameter, gradient, three buffers (0 = none), elements (int32), two floats
 * of the parameter's own. sign -1 ascends (maximize).
 */
export interface OptimizerKernels {
  /** torch.optim.SGD. Rows: momentum buffer; 1 where the buffer starts as the gradient. */
  sgdSteps(
    rows: Ptr,
    count: number,
    sign: number,
    lr: number,
    momentum: number,
    dampening: number,
    weightDecay: number,
    nesterov: number,
  ): void;
  /**
   * torch.optim.Adam, AdamW (decoupled 1). Rows: m, v, largest (amsgrad: the maximum of v so far, which takes v's place);
   * stepSize = lr / (1 - β1^t), rootCorrection = √(1 - β2^t).
   * p -= stepSize · m / (√v / rootCorrection + eps). Decoupled decay: p *= 1 - lr · weightDecay first.
   */
  adamSteps(
    rows: Ptr,
    count: number,
    sign: number,
    lr: number,
    beta1: number,
    beta2: number,
    eps: number,
    weightDecay: number,
    decoupled: number,
  ): void;
  /**
   * torch.optim.RMSprop (keep = α, take = 1 - α) and Adagrad (keep = take = 1, squares only). Rows: squares, averages (centered), momentum
   * buffer; learning rate. squares = keep · squares + take · g², p -= lr · g / (√squares + eps).
   */
  rmspropSteps(
    rows: Ptr,
    count: number,
    sign: number,
    keep: number,
    take: number,
    eps: number,
    weightDecay: number,
    momentum: number,
  ): void;
}

/** Philox4x32-10 (Salmon et al. 2011): block i of four uint32 is philox(key, counter + i), counters are 64 bits (low, high). */
export interface RandomKernels {
  randomBits(out: Ptr, n: number, key0: number, key1: number, counter0: number, counter1: number): void;
  /** low + (high - low) · u with u = bits >>> 8 · 2^-24, in [low, high). */
  randomUniform(
    out: Ptr,
    n: number,
    low: number,
    high: number,
    key0: number,
    key1: number,
    counter0: number,
    counter1: number,
  ): void;
  /** Box-Muller over pairs of each block, with our own log, sin and cos. */
  randomNormal(
    out: Ptr,
    n: number,
    mean: number,
    std: number,
    key0: number,
    key1: number,
    counter0: number,
    counter1: number,
  ): void;
  /** 0 with probability p, else 1 / (1 - p). p = 1 gives all zeros. */
  dropoutMask(out: Ptr, n: number, p: number, key0: number, key1: number, counter0: number, counter1: number): void;
}

export type Kernels = MatmulKernels &
  RecurrentKernels &
  ElementwiseKernels &
  ReduceKernels &
  LossKernels &
  OptimizerKernels &
  RandomKernels;
