// A stack of layers as fixed buffers and a list of nodes that the kernels run in one call.
import { kernels } from '../engine/engine.js';
import { PLAN_NODE_FIELDS, PLAN_OPS, type Ptr } from '../engine/kernels.js';
import { allocate, type Block, enterFrame, f32, i32, leaveFrame, u8 } from '../engine/memory.js';
import { ShapeError, ValueError } from '../errors.js';
import { checkLinear } from '../ops/linear.js';
import type { Operand } from '../ops/op.js';
import { packedWeight } from '../ops/packing.js';
import {
  FIELD,
  openRecurrentArgs,
  RECURRENT_ARGS_BYTES,
  type RecurrentArgs,
  updateRecurrentArgs,
} from '../ops/recurrent-args.js';
import { checkWeights, GATES, KIND, WEIGHTS } from '../ops/recurrent-layer.js';
import { readData } from '../tensor/data.js';
import { Tensor, type TensorLike } from '../tensor/tensor.js';
import type {
  EmbeddingStreamLayer,
  LinearStreamLayer,
  PlanBuilder,
  RecurrentStreamLayer,
  StreamLayer,
} from './layer.js';

/** Room for the nodes of one layer: the longest formula, Softplus with a low threshold, takes all 12. */
const MOST_NODES = 12;

/** One state tensor: where it lives and what it is. */
export interface StateSlot {
  name: string;
  kind: string;
  shape: readonly number[];
  block: Block;
  /** One row of it at the beginning. */
  initial(): Float32Array<ArrayBuffer>;
}

/** A weight the plan has baked in, and the version it saw. */
interface Watched {
  read(): Tensor | null;
  tensor: Tensor | null;
  version: number;
}

export class Plan implements PlanBuilder {
  readonly states: StateSlot[] = [];
  readonly input: { block: Block; width: number; integer: boolean };
  readonly output: { block: Block; width: number };
  private readonly blocks: Block[] = [];
  private readonly watched: Watched[] = [];
  private readonly nodes: Block;
  private count = 0;
  private readonly vocabulary: number;
  /** Words (indices of int32) that hold the number of rows times `each`. */
  readonly rowWords: { at: number; each: number }[] = [];
  /** Rows the last run had. */
  private rows: number;
  /** Writes every address that depends on a weight. */
  readonly refreshers: (() => void)[] = [];

  /** Allocates everything; runs inside a memory frame, the caller retains `held` through retainAll(). */
  constructor(
    layers: readonly StreamLayer[],
    /** Rows the buffers have room for. */
    readonly batch: number,
  ) {
    this.rows = batch;
    const first = layers.find((layer) => layer.type !== 'elementwise');
    if (!first)
      throw new ShapeError(
        'stream: the model has no layer with a size of its own; expected a recurrent or linear layer',
      );
    const integer = first.type === 'embedding';
    this.vocabulary = integer ? first.numEmbeddings : 0;
    if (integer && layers[0] !== first) throw new ShapeError('stream: an Embedding must come first');
    let width = integer ? 1 : first.type === 'linear' ? first.inFeatures : first.inputSize;
    this.input = { block: this.floats(batch * width, 'stream input'), width, integer };
    this.nodes = this.bytes(layers.length * MOST_NODES * PLAN_NODE_FIELDS * 4, 'stream plan');
    let x = this.input.block;
    layers.forEach((layer, i) => {
      [x, width] = this.add(layer, x, width, i === 0);
    });
    this.output = { block: x, width };
    this.refresh();
    this.reset();
  }

  /** Every state as it is at the beginning. */
  reset(): void {
    for (const { block, shape, initial } of this.states) {
      const row = initial();
      for (let b = 0; b < shape[0]; b++) f32.set(row, (block.ptr >>> 2) + b * shape[1]);
    }
  }

  retainAll(): void {
    for (const block of this.blocks) block.retain();
  }
  releaseAll(): void {
    for (const block of this.blocks) block.release();
  }

  /**
   * Runs one step of the first `rows` rows (at most the plan's batch); the others keep their state. Looks at the weights' versions first:
   * changed ones are packed again, which may throw OutOfMemoryError with every state as it was.
   */
  run(rows = this.batch): void {
    for (const w of this.watched) {
      const now = w.read();
      if (now !== w.tensor || (now !== null && now.operand('stream').block.version !== w.version)) {
        this.refresh();
        break;
      }
    }
    if (rows !== this.rows) {
      for (const { at, each } of this.rowWords) i32[at] = rows * each;
      this.rows = rows;
    }
    kernels().runPlan(this.nodes.ptr, this.count);
  }

  /**
   * The numbers of `rows` rows of input: as they came where they are float32, otherwise read and checked.
   * @throws ShapeError; DTypeError; ValueError an index the embedding has no row for. `where` is who asks.
   */
  read(input: TensorLike, rows: number, where: string): ArrayLike<number> {
    const { width, integer } = this.input;
    const data = input instanceof Tensor ? input.data() : input;
    const plain = data instanceof Float32Array && !integer;
    const values = plain ? data : readData(data, integer ? { dtype: 'int32' } : {}, where).values;
    if (values.length !== rows * width) {
      throw new ShapeError(`${where}: input has ${values.length} elements; expected ${rows} × ${width}`);
    }
    if (integer) this.checkIds(values, where);
    return values;
  }
  /** Puts what read() gave into the input, from row `row` on. */
  write(values: ArrayLike<number>, row: number): void {
    const { block, width, integer } = this.input;
    (integer ? i32 : f32).set(values, (block.ptr >>> 2) + row * width);
  }

  private checkIds(ids: ArrayLike<number>, where: string): void {
    for (let i = 0; i < ids.length; i++) {
      if (!(ids[i] >= 0 && ids[i] < this.vocabulary)) {
        throw new ValueError(`${where}: index is ${ids[i]} in row ${i}; expected 0 to ${this.vocabulary - 1}`);
      }
    }
  }

  private refresh(): void {
    const mark = enterFrame();
    try {
      for (const write of this.refreshers) write();
    } finally {
      leaveFrame(mark);
    }
    for (const w of this.watched) {
      w.tensor = w.read();
      w.version = w.tensor?.operand('stream').block.version ?? 0;
    }
  }

  private add(layer: StreamLayer, x: Block, width: number, first: boolean): [Block, number] {
    if (layer.type === 'recurrent') return this.addRecurrent(layer, x, width);
    if (layer.type === 'linear') return this.addLinear(layer, x, width);
    if (layer.type === 'embedding') return this.addEmbedding(layer, x, first);
    if (layer.type === 'node') {
      checkWidth(layer.kind, layer.inputSize, width);
      return layer.build(this, x, layer);
    }
    return [layer.write(this, x, width), width];
  }

  private addLinear(layer: LinearStreamLayer, x: Block, width: number): [Block, number] {
    checkWidth('Linear', layer.inFeatures, width);
    const y = this.floats(this.batch * layer.outFeatures, 'stream');
    const at = this.node(PLAN_OPS.linear, [x.ptr, 0, 0, y.ptr, this.batch, layer.outFeatures, layer.inFeatures]);
    this.rowWords.push({ at: (at >>> 2) + 5, each: 1 });
    this.watch(layer.weight);
    this.watch(layer.bias);
    this.refreshers.push(() => {
      const weight = layer.weight().operand('stream');
      const bias = layer.bias()?.operand('stream') ?? null;
      checkLinear({ shape: [layer.inFeatures] }, weight, bias);
      checkWidth('Linear', layer.outFeatures, weight.shape[0]);
      // Packing may grow memory: the view is looked up after it.
      const packed = packedWeight(weight, 'transposed').ptr;
      i32.set([packed, bias?.block.ptr ?? 0], (at >>> 2) + 2);
    });
    return [y, layer.outFeatures];
  }

  private addEmbedding(layer: EmbeddingStreamLayer, x: Block, first: boolean): [Block, number] {
    if (!first) throw new ShapeError('stream: an Embedding must come first');
    const y = this.floats(this.batch * layer.embeddingDim, 'stream');
    const at = this.node(PLAN_OPS.embedding, [x.ptr, 0, y.ptr, this.batch, layer.numEmbeddings, layer.embeddingDim]);
    this.rowWords.push({ at: (at >>> 2) + 4, each: 1 });
    this.watch(layer.weight);
    this.refreshers.push(() => {
      const { block, shape } = layer.weight().operand('stream');
      checkWidth('Embedding', layer.embeddingDim, shape[1]);
      checkWidth('Embedding', layer.numEmbeddings, shape[0]);
      i32[(at >>> 2) + 2] = block.ptr;
    });
    return [y, layer.embeddingDim];
  }

  private addRecurrent(layer: RecurrentStreamLayer, x: Block, width: number): [Block, number] {
    checkWidth(layer.kind, layer.inputSize, width);
    const { batch } = this;
    const H = layer.hiddenSize;
    const S = layer.projSize || H;
    const h = this.state(layer, 'h', S);
    const c = layer.kind === 'lstm' ? this.state(layer, 'c', H) : null;
    const output = this.floats(batch * S, 'stream');
    const bias = this.floats(GATES[layer.kind] * H, 'stream');
    const args = this.bytes(RECURRENT_ARGS_BYTES, 'stream');
    const fixed: RecurrentArgs = {
      kind: KIND[layer.kind],
      x: x.ptr,
      inputSize: layer.inputSize,
      steps: 1,
      rows: batch,
      hiddenSize: H,
      projSize: layer.projSize,
      h0: h.ptr,
      c0: c?.ptr ?? 0,
      output: output.ptr,
      outputStride: S,
      hN: h.ptr,
      cN: c?.ptr ?? 0,
    };
    openRecurrentArgs(args.ptr);
    updateRecurrentArgs(args.ptr, fixed);
    const work = this.bytes(kernels().recurrentWorkBytes(args.ptr), 'stream');
    updateRecurrentArgs(args.ptr, { work: work.ptr });
    this.node(PLAN_OPS.recurrent, [args.ptr]);
    this.rowWords.push({ at: (args.ptr >>> 2) + FIELD.rows, each: 1 });
    WEIGHTS.forEach((_, i) => {
      if (layer.weight(i)) this.watch(() => layer.weight(i));
    });
    this.refreshers.push(() => writeWeights(args.ptr, layer, bias.ptr));
    return [output, S];
  }

  state(layer: Parameters<PlanBuilder['state']>[0], part: string, size: number): Block {
    const block = this.floats(this.batch * size, 'stream state');
    const initial = () => layer.initial?.(part, size) ?? new Float32Array(size);
    this.states.push({ name: `${layer.name}.${part}`, kind: layer.kind, shape: [this.batch, size], block, initial });
    return block;
  }

  /** Appends a call of one of PLAN_OPS; gives its address. */
  node(op: number, args: readonly number[]): Ptr {
    const at = this.nodes.ptr + this.count++ * PLAN_NODE_FIELDS * 4;
    i32.set([op, ...args], at >>> 2);
    return at;
  }
  /** Runs the refreshers when this tensor has changed. */
  watch(read: () => Tensor | null): void {
    this.watched.push({ read, tensor: null, version: -1 });
  }
  /** A buffer of the plan's, zeros. */
  floats(count: number, what: string): Block {
    return this.bytes(count * 4, what);
  }
  private bytes(count: number, what: string): Block {
    const block = allocate(count, what);
    u8.fill(0, block.ptr, block.ptr + count);
    this.blocks.push(block);
    return block;
  }
}

function writeWeights(args: Ptr, layer: RecurrentStreamLayer, bias: Ptr): void {
  const weights = WEIGHTS.map((_, i) => layer.weight(i)?.operand('stream') ?? null);
  checkWeights(weights, layer, layer.inputSize, 'stream');
  const [wIh, wHh, bIh, bHh, wHr, peephole] = weights;
  const packed = (w: Operand | null) => (w ? packedWeight(w, 'transposed').ptr : 0);
  const pointers = { weightIh: packed(wIh), weightHh: packed(wHh), weightHr: packed(wHr) };
  if (bIh && bHh) kernels().combineBias(KIND[layer.kind], bIh.block.ptr, bHh.block.ptr, bias, layer.hiddenSize);
  updateRecurrentArgs(args, {
    ...pointers,
    bias: bIh ? bias : 0,
    peephole: peephole?.block.ptr ?? 0,
    biasHn: layer.kind === 'gru' && bHh ? bHh.block.ptr + 2 * layer.hiddenSize * 4 : 0,
  });
}

function checkWidth(what: string, expected: number, width: number): void {
  if (width !== expected) throw new ShapeError(`stream: ${what} gets ${width} features; expected ${expected}`);
}
