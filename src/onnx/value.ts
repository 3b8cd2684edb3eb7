// Values of a graph under way, and the memory they lie in.
import { allocate, type Block, f32, i32 } from '../engine/memory.js';
import { type DType, type Shape, sizeOf } from '../shape.js';
import { type ElementType, isFloat } from './element-types.js';

/** A block that values share (a reshape is an alias), and how many names still need it. */
export class Storage {
  holds = 0;
  /** A step that runs later reads it: its block is not to be given away. */
  pinned = false;
  constructor(
    readonly block: Block,
    readonly arena: Arena,
  ) {}
}

/** An Operand, with ONNX's type. Contiguous, row-major. */
export class Value {
  readonly dtype: DType;
  readonly size: number;
  constructor(
    readonly type: ElementType,
    readonly shape: Shape,
    readonly storage: Storage,
    /** Its elements are there while the graph is planned, and the same in every run of the plan. */
    readonly known: boolean,
    /** It depends on constants of the file alone, not on shapes. */
    readonly constant: boolean,
  ) {
    this.dtype = isFloat(type) ? 'float32' : 'int32';
    this.size = sizeOf(shape);
  }
  get block(): Block {
    return this.storage.block;
  }
  get ptr(): number {
    return this.storage.block.ptr;
  }
  /** The elements as they are now: a view until memory grows. */
  view(): Float32Array | Int32Array {
    const at = this.ptr >>> 2;
    return (this.dtype === 'float32' ? f32 : i32).subarray(at, at + this.size);
  }
}

/** Blocks of one owner; those given back are used again for what comes later in the same plan. */
export class Arena {
  private readonly all: Block[] = [];
  private free: Block[] = [];

  /** At least `bytes`, contents undefined; called within a memory frame. Throws OutOfMemoryError. */
  take(bytes: number, what: string): Block {
    let best = -1;
    this.free.forEach((block, i) => {
      if (block.bytes >= bytes && (best < 0 || block.bytes < this.free[best].bytes)) best = i;
    });
    if (best >= 0) return this.free.splice(best, 1)[0];
    const block = allocate(bytes, what).retain();
    this.all.push(block);
    return block;
  }
  give(block: Block): void {
    // What was derived from its contents goes with them.
    for (const { block: derived } of block.attachments?.values() ?? []) derived.release();
    block.attachments = null;
    this.free.push(block);
  }
  /** Everything that is free, for the caller to give back. */
  drain(): Block[] {
    return this.free.splice(0);
  }
  dispose(): void {
    for (const block of this.all.splice(0)) block.release();
    this.free.length = 0;
  }
}
