// The graph under way: nodes, constants, inputs and outputs, each named by the place of the module it comes from.
import { ShapeError } from '../../errors.js';
import { sizeOf } from '../../shape.js';
import type { Tensor } from '../../tensor/tensor.js';
import type { AttributeProto, GraphProto, TensorProto, ValueInfoProto } from '../schema.js';

/** A size, the name of one that a run decides, or null for one that follows from such names. */
export type Dim = number | string | null;
export interface Value {
  readonly name: string;
  readonly dims: readonly Dim[];
  /** A number of TensorProto.DataType. */
  readonly type: number;
}
type Attribute = number | string | readonly number[] | readonly string[] | GraphWriter;
type Attributes = Readonly<Record<string, Attribute | undefined>>;

export const FLOAT = 1;
export const INT = 6;
export const LONG = 7;
/** Attributes that are float32, whatever their number. */
const FLOAT_ATTRIBUTES = ['alpha', 'beta', 'epsilon'];

export class GraphWriter {
  /** Where the module under way is: '1.0', and its class. */
  place = '';
  kind = '';
  /** Whether recurrent modules' states are inputs and outputs, and whether there are many such modules. */
  states = false;
  many = false;
  /** What has no ONNX form, and where. */
  readonly problems: string[] = [];
  private readonly nodes: { type: string; name: string; inputs: string[]; outputs: string[]; attributes: object[] }[] =
    [];
  private readonly constants: Partial<TensorProto>[] = [];
  private readonly used = new Set<string>();
  private readonly inputs: Value[] = [];
  private readonly outputs: Value[] = [];
  /** What nodes call a value that the graph gives under another name. */
  private readonly renamed = new Map<string, string>();

  /** @param parent the graph around the body of a Scan, which has its constants. */
  constructor(private readonly parent?: GraphWriter) {
    if (!parent) return;
    this.place = parent.place;
    this.used = parent.used;
    this.constants = parent.constants;
  }

  /** One node; an output of dims null is left out. */
  node(
    type: string,
    inputs: readonly (Value | null)[],
    attributes: Attributes,
    dims: readonly (readonly Dim[] | null)[],
  ) {
    const name = this.unique(type);
    const outputs = dims.map((of, i) => ({ name: of ? (i ? `${name}:${i}` : name) : '', dims: of ?? [], type: FLOAT }));
    this.nodes.push({
      type,
      name,
      inputs: trimmed(inputs),
      outputs: trimmed(outputs),
      attributes: Object.entries(attributes).flatMap(([key, value]) =>
        value === undefined ? [] : attribute(key, value),
      ),
    });
    return outputs as Value[];
  }
  /** A node of one output. */
  op(type: string, inputs: readonly (Value | null)[], dims: readonly Dim[], attributes: Attributes = {}): Value {
    return this.node(type, inputs, attributes, [dims])[0];
  }
  /** A node whose output has the shape of its first input. */
  same(type: string, inputs: readonly Value[], attributes?: Attributes): Value {
    return this.op(type, inputs, inputs[0].dims, attributes);
  }

  floats(label: string, dims: readonly number[], ...parts: readonly ArrayLike<number>[]): Value {
    const data = new Float32Array(sizeOf(dims));
    let at = 0;
    for (const part of parts) {
      data.set(part, at);
      at += part.length;
    }
    return this.constant(this.unique(label), dims, FLOAT, data);
  }
  /** A tensor as it is. */
  copy(label: string, tensor: Tensor): Value {
    return this.floats(label, tensor.shape, tensor.data());
  }
  number(value: number): Value {
    return this.shared(`/${value}`, [], FLOAT, Float32Array.of(value));
  }
  /** A list of int64, such as axes. */
  ints(...values: readonly number[]): Value {
    return this.shared(`/[${values}]`, [values.length], LONG, BigInt64Array.from(values, BigInt));
  }
  private shared(name: string, dims: readonly number[], type: number, data: ArrayBufferView): Value {
    if (this.used.has(name)) return { name, dims, type };
    this.used.add(name);
    return this.constant(name, dims, type, data);
  }
  private constant(name: string, dims: readonly number[], type: number, data: ArrayBufferView): Value {
    this.constants.push({ name, dims: [...dims], dataType: type, raw: new Uint8Array(data.buffer) });
    return { name, dims, type };
  }

  input(name: string, dims: readonly Dim[], type = FLOAT): Value {
    const value = { name: this.parent ? this.unique(name) : name, dims, type };
    this.inputs.push(value);
    return value;
  }
  /** @param first whether it comes before those that are there. */
  output(name: string, value: Value, first = false): void {
    const made = this.nodes.some(({ outputs }) => outputs.includes(value.name)) && !this.renamed.has(value.name);
    const own = made ? value : { ...this.same('Identity', [value]), type: value.type };
    const given = this.parent ? this.unique(name) : name;
    this.renamed.set(own.name, given);
    this.outputs[first ? 'unshift' : 'push']({ ...own, name: given });
  }
  /** Of inputs and outputs. */
  names(): string[] {
    return [...this.inputs, ...this.outputs].map(({ name }) => name);
  }

  /** Throws ShapeError unless `fits`. */
  expect(fits: boolean, { dims }: Value, expected: string): void {
    if (!fits) throw new ShapeError(`toOnnx: input of ${this.where} is ${shown(dims)}; expected ${expected}`);
  }
  problem(reason: string): void {
    this.problems.push(`${this.where}: ${reason}`);
  }
  get where(): string {
    return placed(this.place, this.kind);
  }

  /** As a message; `names` are those of its inputs and outputs by what this graph calls them. */
  proto(names: Readonly<Record<string, string>> = {}): Partial<GraphProto> {
    const of = (name: string) => names[name] ?? name;
    const rename = (name: string) => of(this.renamed.get(name) ?? name);
    const info = ({ name, dims, type }: Value): ValueInfoProto => ({
      name: of(name),
      type: { tensor: { elementType: type, shape: { dims: dims.map(dimension) } } },
    });
    return {
      name: 'gated',
      nodes: this.nodes.map((node) => ({
        ...node,
        inputs: node.inputs.map(rename),
        outputs: node.outputs.map(rename),
      })) as GraphProto['nodes'],
      initializers: this.parent ? [] : (this.constants as TensorProto[]),
      inputs: this.inputs.map(info),
      outputs: this.outputs.map(info),
    };
  }

  private unique(label: string): string {
    const first = `/${this.place && `${this.place}/`}${label}`;
    let name = first;
    for (let i = 1; this.used.has(name); i++) name = `${first}_${i}`;
    this.used.add(name);
    return name;
  }
}

export const placed = (place: string, kind: string) => (place ? `${place} (${kind})` : kind);
function shown(dims: readonly Dim[]): string {
  return `[${dims.map((n) => n ?? '?').join(', ')}]`;
}
const dimension = (n: Dim) => (typeof n === 'number' ? { value: n } : n === null ? {} : { name: n });

/** Names, those at the end that are absent left out. */
function trimmed(values: readonly (Value | null)[]): string[] {
  const names = values.map((value) => value?.name ?? '');
  while (names.at(-1) === '') names.pop();
  return names;
}

const bytes = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));

function attribute(name: string, value: Attribute): Partial<Omit<AttributeProto, 'g'>> & { g?: object } {
  if (value instanceof GraphWriter) return { name, g: value.proto(), type: 5 };
  if (typeof value === 'string') return { name, s: bytes(value), type: 3 };
  if (typeof value === 'number')
    return FLOAT_ATTRIBUTES.includes(name) ? { name, f: value, type: 1 } : { name, i: value, type: 2 };
  return typeof value[0] === 'string'
    ? { name, strings: (value as string[]).map(bytes), type: 8 }
    : { name, ints: [...(value as number[])], type: 7 };
}
