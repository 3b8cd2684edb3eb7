// The public names, nothing else.
/// <reference lib="esnext.disposable" preserve="true" />
export { type EngineInfo, engineInfo, setDeterministic } from './engine/engine.js';
export { type MemoryInfo, memoryInfo, setMemoryLimit } from './engine/memory.js';
// By name, not *: the build of gated/core takes them from another file, and esbuild does not tree-shake around such an `export *`.
export {
  DisposedError,
  DTypeError,
  FormatError,
  GatedError,
  GraphError,
  OutOfMemoryError,
  ShapeError,
  StateDictError,
  UnsupportedError,
  ValueError,
} from './errors.js';
export {
  ELU,
  GELU,
  Hardsigmoid,
  Hardswish,
  Hardtanh,
  Identity,
  LeakyReLU,
  LogSigmoid,
  LogSoftmax,
  PReLU,
  ReLU,
  Sigmoid,
  SiLU,
  Softmax,
  Softplus,
  Softsign,
  Tanh,
} from './nn/activations.js';
export {
  AdditiveAttention,
  type AdditiveAttentionOptions,
  type AttentionOptions,
  scaledDotProductAttention,
  sequenceMask,
} from './nn/attention.js';
export { BatchNorm1d, type BatchNorm1dOptions } from './nn/batch-norm.js';
export { type CellOptions, GRUCell, LSTMCell, RNNCell } from './nn/cells.js';
export { type CrossEntropyOptions, crossEntropy, type NllLossOptions, nllLoss } from './nn/classification-losses.js';
export { Conv1d, type Conv1dOptions, ConvTranspose1d, type ConvTranspose1dOptions } from './nn/convolution.js';
export { type CtcLossOptions, ctcLoss, type Lengths } from './nn/ctc.js';
export { Dropout, LockedDropout } from './nn/dropout.js';
export { Embedding, type EmbeddingOptions } from './nn/embedding.js';
export { type GradientFlow, type GradientFlowOptions, gradientFlow } from './nn/gradient-flow.js';
export { GRU, type GRUOptions } from './nn/gru.js';
export { LayerNorm, type LayerNormOptions } from './nn/layer-norm.js';
export { LayerNormLSTMCell } from './nn/layer-norm-lstm-cell.js';
export { Linear, type LinearOptions } from './nn/linear.js';
export type { LossOptions } from './nn/loss-inputs.js';
export { LSTM, type LSTMOptions } from './nn/lstm.js';
export { Module } from './nn/module.js';
export { Permute } from './nn/permute.js';
export type { Plain, PlainPacked } from './nn/plain.js';
export {
  AdaptiveAvgPool1d,
  AdaptiveMaxPool1d,
  AvgPool1d,
  type AvgPool1dOptions,
  MaxPool1d,
  type MaxPool1dOptions,
  maxOverTime,
  meanOverTime,
  type PoolOverTimeOptions,
} from './nn/pooling.js';
export { binaryCrossEntropyWithLogits, cosineEmbeddingLoss, klDiv } from './nn/probability-losses.js';
export type { RecurrentOptions, SequenceOptions } from './nn/recurrent-options.js';
export { huberLoss, l1Loss, mseLoss, smoothL1Loss } from './nn/regression-losses.js';
export { RNN, type RNNOptions } from './nn/rnn.js';
export { Sequential } from './nn/sequential.js';
export type { FileTensorLike, StateDictSource } from './nn/state-dict.js';
export { removeWeightNorm, weightNorm } from './nn/weight-norm.js';
export type { Reduction } from './ops/cross-entropy.js';
export { Adagrad, type AdagradOptions } from './optim/adagrad.js';
export { Adam, type AdamOptions, AdamW } from './optim/adam.js';
export { clipGradNorm, clipGradValue } from './optim/clip.js';
export { OneCycleLR, type OneCycleOptions } from './optim/one-cycle.js';
export {
  Optimizer,
  type OptimizerOptions,
  type OptimizerParameters,
  type OptimizerStateDict,
  type ParamGroup,
  type ParamGroupOptions,
} from './optim/optimizer.js';
export { type PlateauOptions, ReduceLROnPlateau } from './optim/plateau.js';
export { RMSprop, type RMSpropOptions } from './optim/rmsprop.js';
export {
  ConstantLR,
  CosineAnnealingLR,
  ExponentialLR,
  LambdaLR,
  LinearLR,
  LRScheduler,
  MultiStepLR,
  type SchedulerStateDict,
  SequentialLR,
  StepLR,
} from './optim/scheduler.js';
export { SGD, type SGDOptions } from './optim/sgd.js';
export type { DType, Shape } from './shape.js';
export { Stream } from './stream/stream.js';
export { StreamState } from './stream/stream-state.js';
export {
  arange,
  concat,
  full,
  ones,
  parameter,
  rand,
  randn,
  stack,
  type TensorOptions,
  tensor,
  where,
  zeros,
} from './tensor/create.js';
export type { Nested, TensorData } from './tensor/data.js';
export { type GradCheckOptions, gradCheck } from './tensor/grad-check.js';
export { noGrad } from './tensor/grad-mode.js';
export {
  PackedSequence,
  type PackOptions,
  type PadOptions,
  packPaddedSequence,
  padPackedSequence,
} from './tensor/packed-sequence.js';
export { packSequence, padSequence, unpackSequence, unpadSequence } from './tensor/pad-sequence.js';
export { manualSeed, type RandomState, randomState, setRandomState } from './tensor/random.js';
export { keep, scope } from './tensor/scope.js';
export { Tensor, type TensorLike } from './tensor/tensor.js';
export { type CheckpointParts, loadCheckpoint, type Position, saveCheckpoint } from './train/checkpoint.js';
export type { Batch, BatchSource, Dataset, Example, FitData } from './train/data.js';
export {
  type EpochInfo,
  evaluate,
  type FitOptions,
  fit,
  type History,
  type StepInfo,
  type StepResult,
} from './train/fit.js';
