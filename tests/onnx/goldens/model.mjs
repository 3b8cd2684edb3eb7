// Writes ONNX models for the cases: just enough of onnx.proto (field numbers as in src/onnx/schema.ts).
import { PbfWriter } from 'pbf';

const CODES = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
};
const ARRAYS = {
  float32: Float32Array,
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
  float16: Uint16Array,
  float64: Float64Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
};

/** { type, dims, data }: the tensors of cases. Whole numbers may be given for 64-bit types. */
export function tensor(type, dims, values) {
  const long = type === 'int64' || type === 'uint64';
  return { type, dims, data: ARRAYS[type].from(long ? Array.from(values, BigInt) : values) };
}

let state = 1;
export function seed(n) {
  state = n >>> 0;
}
/** mulberry32, in [0, 1). */
export function random() {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}
const sizeOf = (dims) => dims.reduce((a, b) => a * b, 1);
/** Uniform floats. */
export const f32 = (dims, low = -2, high = 2, type = 'float32') =>
  tensor(
    type,
    dims,
    Array.from({ length: sizeOf(dims) }, () => low + (high - low) * random()),
  );
/** Uniform whole numbers, both ends included. */
export const whole = (type, dims, low, high) =>
  tensor(
    type,
    dims,
    Array.from({ length: sizeOf(dims) }, () => low + Math.floor((high - low + 1) * random())),
  );
export const i64 = (values, dims = [values.length]) => tensor('int64', dims, values);
export const i32 = (values, dims = [values.length]) => tensor('int32', dims, values);
export const bools = (values, dims = [values.length]) => tensor('bool', dims, values.map(Number));

/** Attributes: whole number, string, list of whole numbers or strings, tensor, graph, or one of these two. */
export const float = (value) => ({ float: value });
export const floats = (values) => ({ floats: values });

const message = (pbf, field, write, value) => pbf.writeMessage(field, (v, p) => write(p, v), value);

function writeTensor(pbf, { type, dims, data }, name) {
  for (const n of dims) pbf.writeVarintField(1, n);
  pbf.writeVarintField(2, CODES[type]);
  if (name !== undefined) pbf.writeStringField(8, name);
  pbf.writeBytesField(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

/** [field, its type's number] of AttributeProto, and how its values are written. */
function kindOf(value) {
  if (typeof value === 'number') return [3, 2, 'writeVarintField', [value]];
  if (typeof value === 'string') return [4, 3, 'writeStringField', [value]];
  if (Array.isArray(value)) {
    return typeof value[0] === 'string' ? [9, 8, 'writeStringField', value] : [8, 7, 'writeVarintField', value];
  }
  if ('float' in value) return [2, 1, 'writeFloatField', [value.float]];
  return [7, 6, 'writeFloatField', value.floats];
}

function writeAttribute(pbf, [name, value]) {
  pbf.writeStringField(1, name);
  if (value.nodes || value.dims) {
    message(pbf, value.nodes ? 6 : 5, value.nodes ? writeGraph : writeTensor, value);
    pbf.writeVarintField(20, value.nodes ? 5 : 4);
    return;
  }
  const [field, type, write, values] = kindOf(value);
  for (const one of values) pbf[write](field, one);
  pbf.writeVarintField(20, type);
}

function writeNode(pbf, { type, inputs = [], outputs, attributes = {}, name, domain }) {
  for (const input of inputs) pbf.writeStringField(1, input);
  for (const output of outputs) pbf.writeStringField(2, output);
  if (name) pbf.writeStringField(3, name);
  pbf.writeStringField(4, type);
  for (const entry of Object.entries(attributes)) if (entry[1] !== undefined) message(pbf, 5, writeAttribute, entry);
  if (domain) pbf.writeStringField(7, domain);
}

/** { name, type, dims }: dims may hold names, or be absent for any shape. */
function writeInfo(pbf, { name, type, dims }) {
  pbf.writeStringField(1, name);
  if (!type) return;
  const dimension = (p, n) => (typeof n === 'number' ? p.writeVarintField(1, n) : p.writeStringField(2, n));
  const shape = (p) => {
    for (const n of dims) message(p, 1, dimension, n);
  };
  const tensorType = (p) => {
    p.writeVarintField(1, CODES[type]);
    if (dims) message(p, 2, shape, null);
  };
  message(pbf, 2, (p) => message(p, 1, tensorType, null), null);
}

function writeGraph(pbf, { nodes, inputs = [], outputs, initializers = {}, name = 'g' }) {
  for (const node of nodes) message(pbf, 1, writeNode, node);
  pbf.writeStringField(2, name);
  for (const [key, value] of Object.entries(initializers)) message(pbf, 5, (p) => writeTensor(p, value, key), null);
  for (const info of inputs) message(pbf, 11, writeInfo, info);
  for (const info of outputs) message(pbf, 12, writeInfo, info);
}

const writeOpset = (pbf, [domain, version]) => {
  if (domain) pbf.writeStringField(1, domain);
  pbf.writeVarintField(2, version);
};
const writeEntry = (pbf, [key, value]) => {
  pbf.writeStringField(1, key);
  pbf.writeStringField(2, value);
};

/** The bytes of a model. */
export function writeModel(graph, { opset = 21, metadata = {}, irVersion = 8 } = {}) {
  const pbf = new PbfWriter();
  pbf.writeVarintField(1, irVersion);
  pbf.writeStringField(2, 'gated tests');
  message(pbf, 7, writeGraph, graph);
  const foreign = new Set(graph.nodes.map((node) => node.domain).filter(Boolean));
  for (const entry of [['', opset], ...[...foreign].map((domain) => [domain, 1])]) message(pbf, 8, writeOpset, entry);
  for (const entry of Object.entries(metadata)) message(pbf, 14, writeEntry, entry);
  return pbf.finish();
}

/**
 * A case of one node. inputs: tensors, or null for one left out; `constants` lists the positions that are initializers; outputs: element
 * types, in order (null: left out). A case of more nodes gives { name, graph, feeds } itself, options beside.
 */
export function op(
  type,
  inputs,
  { attributes = {}, outputs = ['float32'], constants = [], opset, name = '', dims, tolerance } = {},
) {
  const names = inputs.map((x, i) => (x ? `x${i}` : ''));
  const given = (i) => inputs[i] && !constants.includes(i);
  const made = outputs.map((t, i) => (t ? `y${i}` : ''));
  const graph = {
    nodes: [{ type, inputs: names, outputs: made, attributes }],
    inputs: names.flatMap((n, i) =>
      given(i) ? [{ name: n, type: inputs[i].type, dims: dims?.[i] ?? inputs[i].dims }] : [],
    ),
    outputs: made.flatMap((n, i) => (n ? [{ name: n, type: outputs[i] }] : [])),
    initializers: Object.fromEntries(names.flatMap((n, i) => (inputs[i] && !given(i) ? [[n, inputs[i]]] : []))),
  };
  const feeds = Object.fromEntries(names.flatMap((n, i) => (given(i) ? [[n, inputs[i]]] : [])));
  return { name: `${type} ${name}`.trim(), graph, feeds, opset, tolerance };
}
