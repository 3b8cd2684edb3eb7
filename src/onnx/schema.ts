// The parts of onnx.proto that a graph needs: field numbers (onnx/onnx, IR version 3 to 12) and what decoding gives.
import type { Fields } from './protobuf.js';

export interface TensorProto {
  dims: number[];
  dataType?: number;
  floats: number[];
  /** Also bool, the 8 and 16 bit integers and, as bits, the half floats. */
  ints: number[];
  longs: number[];
  doubles: number[];
  unsigned: number[];
  strings: Uint8Array[];
  raw?: Uint8Array;
  name?: string;
  /** 1: in a file of its own. */
  location?: number;
}
export interface AttributeProto {
  name?: string;
  f?: number;
  i?: number;
  s?: Uint8Array;
  t?: TensorProto;
  g?: GraphProto;
  floats: number[];
  ints: number[];
  strings: Uint8Array[];
  /** AttributeProto.AttributeType. */
  type?: number;
}
export interface NodeProto {
  inputs: string[];
  outputs: string[];
  name?: string;
  type?: string;
  domain?: string;
  attributes: AttributeProto[];
}
export interface ValueInfoProto {
  name?: string;
  type?: { tensor?: { elementType?: number; shape?: { dims: { value?: number; name?: string }[] } } };
}
export interface GraphProto {
  nodes: NodeProto[];
  name?: string;
  initializers: TensorProto[];
  inputs: ValueInfoProto[];
  outputs: ValueInfoProto[];
  sparse: object[];
}
export interface ModelProto {
  irVersion?: number;
  producer?: string;
  producerVersion?: string;
  domain?: string;
  version?: number;
  doc?: string;
  graph?: GraphProto;
  opsets: { domain?: string; version?: number }[];
  metadata: { key?: string; value?: string }[];
}

export const tensorProto: Fields = {
  1: ['dims', 'ints'],
  2: ['dataType', 'int'],
  4: ['floats', 'floats'],
  5: ['ints', 'ints'],
  6: ['strings', 'blobs'],
  7: ['longs', 'ints'],
  8: ['name', 'text'],
  9: ['raw', 'bytes'],
  10: ['doubles', 'doubles'],
  11: ['unsigned', 'ints'],
  14: ['location', 'int'],
};
const attributeProto: Fields = {
  1: ['name', 'text'],
  2: ['f', 'float'],
  3: ['i', 'int'],
  4: ['s', 'bytes'],
  5: ['t', tensorProto],
  6: ['g', () => graphProto],
  7: ['floats', 'floats'],
  8: ['ints', 'ints'],
  9: ['strings', 'blobs'],
  20: ['type', 'int'],
};
const nodeProto: Fields = {
  1: ['inputs', 'texts'],
  2: ['outputs', 'texts'],
  3: ['name', 'text'],
  4: ['type', 'text'],
  5: ['attributes', [attributeProto]],
  7: ['domain', 'text'],
};
const dimension: Fields = { 1: ['value', 'int'], 2: ['name', 'text'] };
const shape: Fields = { 1: ['dims', [dimension]] };
const tensorType: Fields = { 1: ['elementType', 'int'], 2: ['shape', shape] };
const type: Fields = { 1: ['tensor', tensorType] };
const valueInfo: Fields = { 1: ['name', 'text'], 2: ['type', type] };
const empty: Fields = {};
const graphProto: Fields = {
  1: ['nodes', [nodeProto]],
  2: ['name', 'text'],
  5: ['initializers', [tensorProto]],
  11: ['inputs', [valueInfo]],
  12: ['outputs', [valueInfo]],
  15: ['sparse', [empty]],
};
const opset: Fields = { 1: ['domain', 'text'], 2: ['version', 'int'] };
const entry: Fields = { 1: ['key', 'text'], 2: ['value', 'text'] };
export const modelProto: Fields = {
  1: ['irVersion', 'int'],
  2: ['producer', 'text'],
  3: ['producerVersion', 'text'],
  4: ['domain', 'text'],
  5: ['version', 'int'],
  6: ['doc', 'text'],
  7: ['graph', graphProto],
  8: ['opsets', [opset]],
  14: ['metadata', [entry]],
};
