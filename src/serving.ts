// gated/serving: many streams of one model.
export { type Batcher, type BatcherOptions, batcher } from './stream/batcher.js';
export type { Session } from './stream/session.js';
