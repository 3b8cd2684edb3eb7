// gated/onnx: ONNX models, run synchronously on gated's kernels.
//
//   protobuf, schema, tensor-proto   bytes -> messages -> elements; every length checked
//   graph, onnx-graph                messages -> nodes in order, subgraphs, constants (uploaded when first read); missing operators all listed
//   operators/                       a table of planners by family: each checks its node, allocates outputs, leaves steps
//   call                             what a planner sees of its node
//   plan, names, value               walks a graph once per shape signature; computes what is known on the spot; gives buffers back
//   bound, feeds                     a plan with its input buffers; what users hand in
//   model, stream                    OnnxModel, OnnxStream
//   export/                          the other way: toOnnx
// Only names are exported here, so that a bundle of toOnnx has no operators and one of load no toOnnx (scripts/build.mjs).
export type { ElementType, OnnxArray } from './element-types.js';
export { type ToOnnxOptions, toOnnx } from './export/index.js';
export type { Feed, Feeds } from './feeds.js';
export type { ValueInfo } from './graph.js';
export { load } from './load.js';
export { OnnxModel, type OnnxOutput } from './model.js';
export { OnnxStream, type OnnxStreamOptions, type StepOutputs } from './stream.js';
