import { ValueError } from '../errors.js';
import { OnnxModel } from './model.js';
import { OnnxGraph } from './onnx-graph.js';

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
