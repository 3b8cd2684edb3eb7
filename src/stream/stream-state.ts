// The memory of a stream outside linear memory: read, kept, cloned, turned into bytes and back.
import { FormatError } from '../errors.js';
import { formatShape, sameShape } from '../shape.js';

/**
 * State of one layer, row-major: h [N, S] of a recurrent one and, for an LSTM, c [N, H]; of a causal Conv1d the frames before the next,
 * oldest first, [N, (kernelSize - 1) · dilation · inChannels].
 */
export interface LayerState {
  readonly name: string;
  readonly kind: string;
  readonly shape: readonly number[];
  readonly data: Float32Array<ArrayBuffer>;
}

const MAGIC = 0x53544147; // 'GATS', little endian
const VERSION = 1;

/** A copy of a stream's state: independent of the stream it came from. */
export class StreamState {
  /** One entry per state tensor, named '<layer>.h', '<layer>.c' and '<layer>.frames'. */
  constructor(readonly entries: readonly LayerState[]) {}

  clone(): StreamState {
    return new StreamState(this.entries.map((entry) => ({ ...entry, data: entry.data.slice() })));
  }

  /**
   * Bytes for another machine: 'GATS', version, entry count, then per entry name and kind (length, Latin-1), rank, sizes and the
   * float32 elements, all little endian.
   */
  toBytes(): Uint8Array<ArrayBuffer> {
    const text = (s: string) => 4 + s.length;
    const size = this.entries.reduce(
      (sum, e) => sum + text(e.name) + text(e.kind) + 4 + e.shape.length * 4 + e.data.length * 4,
      12,
    );
    const view = new DataView(new ArrayBuffer(size));
    let at = 0;
    const word = (x: number) => {
      view.setUint32(at, x, true);
      at += 4;
    };
    const string = (s: string) => {
      word(s.length);
      for (let i = 0; i < s.length; i++) view.setUint8(at++, s.charCodeAt(i));
    };
    for (const x of [MAGIC, VERSION, this.entries.length]) word(x);
    for (const { name, kind, shape, data } of this.entries) {
      string(name);
      string(kind);
      for (const x of [shape.length, ...shape]) word(x);
      for (const x of data) {
        view.setFloat32(at, x, true);
        at += 4;
      }
    }
    return new Uint8Array(view.buffer);
  }

  /**
   * The state in `bytes`, which must be that of `expected`'s layers and sizes.
   * @throws FormatError not a state, another version, another model, cut short.
   */
  static fromBytes(bytes: Uint8Array, expected: StreamState): StreamState {
    const reader = new Reader(bytes);
    if (reader.word('magic') !== MAGIC) throw new FormatError('stream state: the bytes do not begin with GATS');
    const version = reader.word('version');
    if (version !== VERSION) throw new FormatError(`stream state: version is ${version}; expected ${VERSION}`);
    const count = reader.word('entry count');
    if (count !== expected.entries.length) {
      throw new FormatError(`stream state: holds ${count} states; this model has ${expected.entries.length}`);
    }
    const entries = expected.entries.map((own) => reader.entry(own));
    reader.end();
    return new StreamState(entries);
  }

  /** Throws FormatError unless the states have the names, kinds and shapes of `expected`. */
  check(expected: StreamState): void {
    const line = (e: LayerState) => `${e.name} ${e.kind} ${formatShape(e.shape)}`;
    const [got, wanted] = [this, expected].map((s) => s.entries.map(line).join(', '));
    if (got !== wanted)
      throw new FormatError(`stream state: is of ${got || 'no layers'}; this model has ${wanted || 'none'}`);
    for (const e of this.entries) {
      const size = e.shape.reduce((a, b) => a * b, 1);
      if (e.data.length !== size)
        throw new FormatError(`stream state: ${e.name} has ${e.data.length} elements; expected ${size}`);
    }
  }
}

class Reader {
  private at = 0;
  private readonly view: DataView;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  private need(count: number, what: string): void {
    if (this.at + count > this.bytes.length) {
      throw new FormatError(
        `stream state: ends at byte ${this.bytes.length}; expected ${what} up to ${this.at + count}`,
      );
    }
  }
  word(what: string): number {
    this.need(4, what);
    this.at += 4;
    return this.view.getUint32(this.at - 4, true);
  }
  private text(what: string, most: number): string {
    const length = this.word(what);
    if (length > most) throw new FormatError(`stream state: ${what} has length ${length} at byte ${this.at - 4}`);
    this.need(length, what);
    let text = '';
    for (let i = 0; i < length; i++) text += String.fromCharCode(this.bytes[this.at++]);
    return text;
  }
  entry(own: LayerState): LayerState {
    const name = this.text('layer name', 1024);
    const kind = this.text('layer kind', 64);
    const rank = this.word('rank');
    if (rank > 8) throw new FormatError(`stream state: ${name} has rank ${rank}; expected ${own.shape.length}`);
    const shape = Array.from({ length: rank }, () => this.word('shape'));
    if (name !== own.name || kind !== own.kind || !sameShape(shape, own.shape)) {
      throw new FormatError(
        `stream state: is of ${name} ${kind} ${formatShape(shape)}; this model has ${own.name} ${own.kind} ${formatShape(own.shape)}`,
      );
    }
    this.need(own.data.length * 4, `the elements of ${name}`);
    const data = own.data.map((_, i) => this.view.getFloat32(this.at + i * 4, true));
    this.at += data.length * 4;
    return { name, kind, shape, data };
  }
  end(): void {
    if (this.at !== this.bytes.length) {
      throw new FormatError(`stream state: ${this.bytes.length - this.at} bytes too many at byte ${this.at}`);
    }
  }
}
