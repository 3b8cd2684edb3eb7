// gated/decoding: from what a model gives to labels.
export { type CtcBeamOptions, type CtcPath, ctcBeamSearch, ctcGreedyDecode } from './nn/ctc-decode.js';
export { type SampleOptions, sample } from './nn/sample.js';
