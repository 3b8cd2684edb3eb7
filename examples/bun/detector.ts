// An LSTM that has only seen a healthy machine predicts each next reading; where it errs more than it did on healthy days, something is wrong.
import { Adam, fit, Linear, LSTM, manualSeed, mseLoss, Sequential, type Stream, setDeterministic, tensor } from 'gated';
import * as safetensors from 'gated/safetensors';
import { FEATURES, type Reading, readings } from './machine.ts';

// The baseline kernels give the same bits on every machine: a session saved on one server goes on bit for bit on another.
setDeterministic(true);

const STEPS = 48;
const ROWS = 16;
/** Readings before the state has found its place in the duty cycle. */
export const WARM_UP = 24;

function createModel(): Sequential {
  return new Sequential(
    new LSTM({ inputSize: FEATURES, hiddenSize: 24 }),
    new Linear({ inFeatures: 24, outFeatures: FEATURES }),
  );
}

export class Detector {
  private constructor(
    private readonly model: Sequential,
    /** Errors on healthy readings it was not trained on, ascending. */
    private readonly healthy: Float32Array,
  ) {}

  static async train(steps = 400): Promise<Detector> {
    manualSeed(1);
    const model = createModel();
    const batches = Array.from({ length: 40 }, (_, batch) => {
      const rows = Array.from({ length: ROWS }, (_, row) => readings(STEPS + 1, 1 + batch * ROWS + row));
      // [time, row, feature]; the target is the input one step later.
      const at = (offset: number) => Array.from({ length: STEPS }, (_, t) => rows.map((row) => [...row[t + offset]]));
      return { input: at(0), target: tensor(at(1)) };
    });
    const optimizer = new Adam(model.parameters(), { lr: 0.01 });
    await fit(model, batches, { optimizer, loss: mseLoss, epochs: Math.ceil(steps / batches.length), clipGradNorm: 1 });
    for (const { target } of batches) target.dispose();

    const unscored = new Session(model.stream(), new Float32Array());
    const errors = Float32Array.from(readings(4000, 123456), (reading) => unscored.error(reading)).subarray(WARM_UP);
    unscored.dispose();
    return new Detector(model, errors.sort());
  }

  static load(bytes: Uint8Array): Detector {
    const file = safetensors.load(bytes);
    const healthy = file.get('healthy');
    if (!healthy) throw new Error('no tensor "healthy" in the file; expected one written by Detector.save');
    file.delete('healthy');
    const model = createModel();
    model.loadStateDict(file);
    return new Detector(model, Float32Array.from(healthy.data));
  }
  save(): Uint8Array {
    const { healthy } = this;
    const own = { dtype: 'float32', shape: [healthy.length], data: healthy } as const;
    return safetensors.save({ ...this.model.stateDict(), healthy: own });
  }

  open(saved?: Uint8Array): Session {
    const session = new Session(this.model.stream(), this.healthy);
    if (saved) session.restore(saved);
    return session;
  }
}

/** One machine's readings, one after the other. */
export class Session {
  /** What the model expects next. */
  private readonly expected = new Float32Array(FEATURES);
  private readonly input = new Float32Array(FEATURES);
  private count = 0;

  constructor(
    private readonly stream: Stream,
    private readonly healthy: Float32Array,
  ) {}

  get seen(): number {
    return this.count;
  }

  /** Distance between the reading and what was expected of it. */
  error(reading: Reading): number {
    let sum = 0;
    for (let i = 0; i < FEATURES; i++) sum += (reading[i] - this.expected[i]) ** 2;
    this.input.set(reading);
    this.expected.set(this.stream.step(this.input)); // step() gives the stream's own view, so it is copied
    this.count++;
    return Math.sqrt(sum);
  }

  /** Share of healthy readings that surprise less than this one: 0.5 is an ordinary one, 0.999 a reason to look. null while warming up. */
  anomaly(reading: Reading): number | null {
    const error = this.error(reading);
    if (this.count <= WARM_UP) return null;
    let low = 0;
    let high = this.healthy.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.healthy[middle] < error) low = middle + 1;
      else high = middle;
    }
    return low / this.healthy.length;
  }

  /** Everything to go on from: readings seen, the expectation, the LSTM's state. */
  save(): Uint8Array {
    const state = this.stream.save();
    const bytes = new Uint8Array(4 + 4 * FEATURES + state.length);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, this.count, true);
    this.expected.forEach((x, i) => {
      view.setFloat32(4 + 4 * i, x, true);
    });
    bytes.set(state, 4 + 4 * FEATURES);
    return bytes;
  }
  /** Throws FormatError, and changes nothing, for a state of another model. */
  restore(bytes: Uint8Array): void {
    this.stream.restore(bytes.subarray(4 + 4 * FEATURES));
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    this.count = view.getUint32(0, true);
    for (let i = 0; i < FEATURES; i++) this.expected[i] = view.getFloat32(4 + 4 * i, true);
  }

  dispose(): void {
    this.stream.dispose();
  }
}
