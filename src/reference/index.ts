// gated/reference: recurrent networks in plain TypeScript, to check against and to compare with.
export type { ReferenceKind } from './layer.js';
export { type ReferenceGradients, ReferenceNetwork, type ReferenceOptions, type ReferenceResult } from './network.js';
export type { Floats } from './product.js';
