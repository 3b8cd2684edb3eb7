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
import { ValueError } from '../errors.js';
import { OnnxModel } from './model.js';
import { OnnxGraph } from './onnx-graph.js';

export type { ElementType, OnnxArray } from './element-types.js';
export { type ToOnnxOptions, toOnnx } from './export/index.js';
export type { Feed, Feeds } from './feeds.js';
export type { ValueInfo } from './graph.js';
export { OnnxModel, type OnnxOutput } from './model.js';
export { OnnxStream, type OnnxStreamOptions, type StepOutputs } from './stream.js';

/**
 * An ONNX model from the bytes of its file (opset 7 to 23). Weights are read from `bytes` when they are first needed, so leave it alone.
 *
 * @throws FormatError a damaged file; UnsupportedError operators gated does not have (all of them, with node names), external data,
 * another opset or element type.
 */
export function load(bytes: Uint8Array | ArrayBuffer): OnnxModel {
  const kind = Object.prototype.toString.call(bytes).slice(8, -1);
  if (!ArrayBuffer.isView(bytes) && kind !== 'ArrayBuffer')
    throw new ValueError(`onnx.load: got ${kind}; expected the file's bytes as Uint8Array or ArrayBuffer`);
  const own = ArrayBuffer.isView(bytes)
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : new Uint8Array(bytes);
  return new OnnxModel(new OnnxGraph(own));
}
