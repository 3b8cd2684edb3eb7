// gated/data: texts and series on their way to a model. Plain TypeScript, no engine.
export { type PaddedOptions, paddedDataset, type TextOptions, textDataset } from '../train/data.js';
export { type BucketOptions, bucketBatches, type CollateOptions } from './buckets.js';
export type { Series } from './rows.js';
export type { SampledDataset, SamplingOptions } from './sampled.js';
export {
  type MinMaxOptions,
  MinMaxScaler,
  type Scaler,
  type ScalerJSON,
  StandardScaler,
  scalerFromJSON,
} from './scalers.js';
export {
  byteVocabulary,
  charVocabulary,
  type DecodeOptions,
  Vocabulary,
  type VocabularyJSON,
  type VocabularyOptions,
  vocabularyFromJSON,
  wordVocabulary,
} from './vocabulary.js';
export { slidingWindows, type WindowOptions } from './windows.js';
