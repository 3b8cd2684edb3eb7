// What an operator sees of its node: inputs, attributes, outputs to make, steps to leave.
import { kernels } from '../engine/engine.js';
import { allocate, type Block, i32, SCRATCH } from '../engine/memory.js';
import { FormatError, ShapeError, UnsupportedError } from '../errors.js';
import { writeStrided } from '../ops/strided.js';
import { formatShape, type Shape, sameShape, sizeOf, stridesOf } from '../shape.js';
import { type ElementType, saturated } from './element-types.js';
import type { Graph, Node } from './graph.js';
import type { Names } from './names.js';
import { NeedsData } from './needs-data.js';
import type { Plan } from './plan.js';
import type { Step } from './run-steps.js';
import type { AttributeProto } from './schema.js';
import { type Arena, Storage, Value } from './value.js';

/** Elements of one value: 1 GiB. Damaged files ask for more. */
const MAX_SIZE = 2 ** 28;

/** Plans one node: checks, allocates the outputs, and leaves the steps that fill them. */
export type Operator = (call: Call) => void;

export class Call {
  readonly outputs: Value[] = [];
  /** All inputs are known: steps run at once and never again. */
  private readonly known: boolean;
  /** All inputs are constants of the file: outputs are kept with the model. */
  readonly constant: boolean;
  private readonly scratches: Block[] = [];
  private readonly used: Block[] = [];
  private readonly arena: Arena;

  constructor(
    readonly plan: Plan,
    readonly node: Node,
    readonly inputs: readonly (Value | null)[],
    readonly names: Names,
  ) {
    const all = (test: (x: Value) => boolean) => node.graphs.size === 0 && inputs.every((x) => !x || test(x));
    this.known = all((x) => x.known);
    this.constant = all((x) => x.constant);
    this.arena = this.constant ? plan.graph.arena : this.known ? plan.fixed : plan.arena;
  }

  // Inputs -----------------------------------------------------------------------------------------------------------

  /** Input i. Throws FormatError where the node has none. */
  in(i: number): Value {
    const x = this.inputs[i];
    if (!x) throw new FormatError(`input ${i} is missing`);
    return x;
  }
  opt(i: number): Value | null {
    return this.inputs[i] ?? null;
  }
  has(i: number): boolean {
    return this.opt(i) !== null;
  }
  /** Whether the numbers of `x` can be read now. */
  readable(x: Value): boolean {
    return x.known || this.plan.eager;
  }
  /** The numbers of input i, now. Throws NeedsData where only a run brings them. */
  numbers(i: number): number[] {
    const x = this.in(i);
    if (!this.readable(x)) throw new NeedsData(`needs the numbers of input ${i} while planning`);
    return Array.from(x.view());
  }
  number(i: number): number {
    return this.numbers(i)[0];
  }
  /** Opset version of the default domain. */
  get opset(): number {
    return this.plan.graph.opset;
  }

  // Attributes -------------------------------------------------------------------------------------------------------

  private attribute(name: string): AttributeProto | undefined {
    return this.node.attributes.get(name);
  }
  /** Types are those of AttributeProto: an absent number is 0, as protobuf may leave it out. */
  private scalar(name: string, key: 'f' | 'i', type: number, fallback: number): number {
    const a = this.attribute(name);
    if (!a) return fallback;
    if (a.type !== undefined && a.type !== type) throw new FormatError(`attribute ${name} is of another type`);
    return a[key] ?? 0;
  }
  int(name: string, fallback = 0): number {
    return this.scalar(name, 'i', 2, fallback);
  }
  float(name: string, fallback = 0): number {
    return this.scalar(name, 'f', 1, fallback);
  }
  ints(name: string): number[] | undefined {
    return this.attribute(name)?.ints;
  }
  floats(name: string): number[] | undefined {
    return this.attribute(name)?.floats;
  }
  text(name: string, fallback = ''): string {
    return asText(this.attribute(name)?.s) ?? fallback;
  }
  texts(name: string): string[] | undefined {
    return this.attribute(name)?.strings.map((s) => asText(s) as string);
  }
  tensor(name: string) {
    return this.attribute(name)?.t;
  }
  graph(name: string): Graph {
    const graph = this.node.graphs.get(name);
    if (!graph) throw new FormatError(`attribute ${name} is missing; expected a graph`);
    return graph;
  }
  /** Whole numbers that were an attribute in older opsets and are input i now. */
  list(name: string, i: number): number[] | undefined {
    return this.has(i) ? this.numbers(i) : this.ints(name);
  }
  /** A dimension counted from the end if negative. */
  axis(axis: number, rank: number): number {
    if (!Number.isInteger(axis) || axis < -rank || axis >= rank)
      throw new ShapeError(`axis is ${axis}; expected ${-rank} to ${rank - 1}`);
    return axis < 0 ? axis + rank : axis;
  }

  // Outputs ----------------------------------------------------------------------------------------------------------

  /** A fresh output i, for steps to fill. */
  out(shape: Shape, type: ElementType = this.in(0).type, i = 0): Value {
    return this.put(i, this.make(shape, type));
  }
  /** A fresh value that is no output. */
  make(shape: Shape, type: ElementType = this.in(0).type): Value {
    const size = sizeOf(shape);
    if (shape.some((n) => !(Number.isInteger(n) && n >= 0)) || size > MAX_SIZE)
      throw new ShapeError(`makes shape ${formatShape(shape)}; expected sizes from 0 and at most ${MAX_SIZE} elements`);
    return this.value(shape, type, this.arena, this.known);
  }
  /** Output i is `x` itself, under another shape perhaps. */
  alias(x: Value, shape: Shape = x.shape, i = 0, type = x.type): Value {
    if (sizeOf(shape) !== x.size) throw new ShapeError(`${formatShape(x.shape)} has no shape ${formatShape(shape)}`);
    return this.put(i, new Value(type, shape, x.storage, x.known, x.constant));
  }
  put(i: number, value: Value): Value {
    this.outputs[i] = value;
    return value;
  }
  private value(shape: Shape, type: ElementType, arena: Arena, known: boolean): Value {
    const storage = new Storage(arena.take(sizeOf(shape) * 4, this.node.label), arena);
    return new Value(type, shape, storage, known, this.constant);
  }
  /** Output i with these numbers, known from now on. */
  give(shape: Shape, type: ElementType, numbers: ArrayLike<number>, i = 0): Value {
    const value = this.value(shape, type, this.constant ? this.arena : this.plan.fixed, true);
    value.view().set(value.dtype === 'int32' ? saturated(numbers) : numbers);
    return this.put(i, value);
  }
  wants(i: number): boolean {
    return Boolean(this.node.outputs[i]);
  }

  // Work -------------------------------------------------------------------------------------------------------------

  /** Leaves a step; it runs now if everything it reads is known. It must allocate nothing. */
  step(run: () => void): void {
    if (this.known || this.plan.eager) run();
    else this.steps.push({ run, node: this.node });
  }
  private get steps(): Step[] {
    return this.plan.steps;
  }
  /** Scratch of `count` floats for the steps of this node; later nodes use it again. */
  scratch(count: number): number {
    const block = this.arena.take(count * 4, this.node.label);
    this.scratches.push(block);
    return block.ptr;
  }
  /**
   * Address of `count` floats that `fill` makes from `x`: once, and kept with x under `key`, where x is known; else in each run.
   * `fill` may use this node's scratch, and must allocate nothing.
   */
  derived(x: Value, key: string, count: number, fill: (to: number) => void): number {
    return this.derivedFrom([x], key, count, fill);
  }
  /** Likewise from several values, kept with the first where all are the file's constants. */
  derivedFrom(all: readonly Value[], key: string, count: number, fill: (to: number) => void): number {
    const [x, ...others] = all;
    if (others.length > 0 ? !all.every(({ constant }) => constant) : !x.known) {
      const to = this.scratch(count);
      this.step(() => fill(to));
      return to;
    }
    const attachments = (x.block.attachments ??= new Map());
    key = [key, count, ...others.map(({ ptr }) => ptr)].join(' ');
    const had = attachments.get(key);
    if (had) return had.block.ptr;
    const block = allocate(count * 4, this.node.label).retain();
    attachments.set(key, { block, version: 0 });
    fill(block.ptr);
    return block.ptr;
  }
  /** Words that stay as long as the steps do. */
  words(values: ArrayLike<number>): number {
    const block = this.plan.fixed.take(values.length * 4, this.node.label);
    i32.set(values, block.ptr >>> 2);
    if (this.known || this.plan.eager) this.used.push(block);
    return block.ptr;
  }
  /** Shape and strides in linear memory, as the strided kernels read them: [rank, shape, strides…]. */
  strided(shape: Shape, strides: readonly (readonly number[])[]): number[] {
    const s = writeStrided(shape, strides);
    const at = this.words(i32.slice(SCRATCH >> 2, (SCRATCH >> 2) + s.rank * (1 + strides.length)));
    return [s.rank, at, ...strides.map((_, i) => at + (i + 1) * s.rank * 4)];
  }
  /** to[Σ i·toStrides] = from[Σ i·fromStrides] over shape; from and to are addresses. */
  copy(from: number, fromStrides: readonly number[], to: number, toStrides: readonly number[], shape: Shape): void {
    if (sizeOf(shape) === 0) return;
    const [rank, sizes, a, b] = this.strided(shape, [fromStrides, toStrides]);
    this.step(() => kernels().copyStrided(from, to, rank, sizes, a, b, 0));
  }
  /** Input `x` as a contiguous value of `shape`, repeated where it is broadcast. */
  expanded(x: Value, shape: Shape): number {
    if (sameShape(x.shape, shape)) return x.ptr;
    const to = this.scratch(sizeOf(shape));
    this.copy(x.ptr, broadcastStrides(x.shape, shape), to, stridesOf(shape), shape);
    return to;
  }

  /** Nothing that is free now is used again before this node is over: a body writes its blocks in every iteration. */
  withhold(): void {
    this.scratches.push(...this.arena.drain());
  }

  /** The names of a subgraph whose outputs become this node's: they end once those are bound. */
  readonly inner: Names[] = [];

  /** @internal After the outputs are bound. */
  end(): void {
    for (const names of this.inner) names.end();
    for (const block of this.scratches) this.arena.give(block);
    for (const block of this.used) this.plan.fixed.give(block);
    if (!this.known && !this.plan.eager) for (const x of this.inputs) if (x) x.storage.pinned = true;
  }
}

/** Attribute strings are ASCII names. */
function asText(bytes: Uint8Array | undefined): string | undefined {
  return bytes && String.fromCharCode(...bytes.subarray(0, 999));
}

export function needFloat(x: Value): void {
  if (x.dtype !== 'float32') throw new UnsupportedError(`input is ${x.type}; expected a float type`);
}

/** 0 along the dimensions that `shape` is repeated over to become `target`. */
export function broadcastStrides(shape: Shape, target: Shape): number[] {
  const own = stridesOf(shape);
  const missing = target.length - shape.length;
  return target.map((n, d) => {
    const size = d < missing ? 1 : shape[d - missing];
    if (size !== n && size !== 1)
      throw new ShapeError(`${formatShape(shape)} does not broadcast to ${formatShape(target)}`);
    return size === 1 ? 0 : own[d - missing];
  });
}
