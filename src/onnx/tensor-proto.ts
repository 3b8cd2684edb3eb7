// TensorProto -> elements: initializers, Constant nodes, and the .pb files of ONNX's own tests.
import { FormatError, UnsupportedError } from '../errors.js';
import { formatShape, sizeOf } from '../shape.js';
import { widen } from '../weights/half-floats.js';
import { bytesOf, type ElementType, elementType, fromBytes, isFloat, isHalf, saturated } from './element-types.js';
import { decodeMessage } from './protobuf.js';
import { type TensorProto, tensorProto } from './schema.js';

/** Elements outside linear memory. */
export interface Elements {
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

/** Checks type, size and place of a tensor without reading it; `where` names it. */
export function checkTensor(proto: TensorProto, where: string): { type: ElementType; shape: readonly number[] } {
  if (proto.location === 1) throw new UnsupportedError(`${where}: its data lie in another file; expected one file`);
  const type = elementType(proto.dataType, where);
  const shape = proto.dims;
  const size = sizeOf(shape);
  const { raw } = proto;
  const got = raw ? raw.length / bytesOf(type) : listOf(proto, type).length;
  if (shape.some((n) => !(n >= 0)) || size !== got) {
    throw new FormatError(`${where}: ${got} elements; expected ${size} for shape ${formatShape(shape)}`);
  }
  return { type, shape };
}

export function readTensor(proto: TensorProto, where: string): Elements {
  const { type, shape } = checkTensor(proto, where);
  if (proto.raw) return { type, shape, data: fromBytes(type, proto.raw) };
  const list = listOf(proto, type);
  if (isHalf(type)) return { type, shape, data: widen(Uint16Array.from(list), type) };
  return { type, shape, data: isFloat(type) ? Float32Array.from(list) : saturated(list) };
}

function listOf(proto: TensorProto, type: ElementType): number[] {
  if (type === 'float32') return proto.floats;
  if (type === 'float64') return proto.doubles;
  if (type === 'int64') return proto.longs;
  return type === 'uint32' || type === 'uint64' ? proto.unsigned : proto.ints;
}

/** A TensorProto file (`.pb`), as ONNX's own tests keep inputs and outputs in. */
export function decodeTensor(bytes: Uint8Array): Elements {
  return readTensor(decodeMessage<TensorProto>(bytes, tensorProto, 'onnx tensor'), 'onnx tensor');
}
