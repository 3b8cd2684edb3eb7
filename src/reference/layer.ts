// One direction of one layer over packed rows: forward, and backward through time.
import type { Activations } from './activations.js';
import { type Floats, product, transpose } from './product.js';
import { type PackedRows, stepBefore } from './rows.js';
import { gruBackward, gruStep, type LayerRun, lstmBackward, lstmStep, rnnBackward, rnnStep } from './steps.js';
import {
  gruResetGates,
  gruResetGatesBackward,
  gruResetState,
  gruResetStateBackward,
  peepholeBackward,
  peepholeStep,
} from './variants.js';

export type ReferenceKind = 'rnn' | 'lstm' | 'gru';

export interface LayerShape {
  kind: ReferenceKind;
  relu: boolean;
  /** GRU: the reset gate scales h before the product. */
  resetBefore: boolean;
  inputSize: number;
  H: number;
  projSize: number;
  reverse: boolean;
}

/** Weights by role; biases are zeros, projection and peepholes empty where absent. */
export interface LayerWeights {
  ih: Floats;
  hh: Floats;
  hr: Floats;
  peephole: Floats;
  bIh: Floats;
  bHh: Floats;
}

export const GATES = { rnn: 1, lstm: 4, gru: 3 } as const;

/** Buffers are made once for a size and used again. */
export class ReferenceLayer {
  readonly output: Floats;
  private readonly run: LayerRun;
  private readonly width: number;
  private readonly S: number;
  private readonly hPart: Floats;
  private readonly hBefore: Floats;
  private readonly unprojected: Floats;
  private readonly bias: Floats;
  private readonly make: (n: number) => Floats;
  /** Buffers of backward, made at its first call. */
  private readonly scratch = new Map<string, Floats>();

  constructor(
    private readonly shape: LayerShape,
    private readonly rows: PackedRows,
    private readonly activations: Activations,
    like: Float32ArrayConstructor | Float64ArrayConstructor,
  ) {
    const { kind, H, projSize } = shape;
    const N = rows.batchSizes[0];
    this.make = (n) => new like(n);
    this.width = GATES[kind] * H;
    this.S = projSize || H;
    const { make, width, S } = this;
    const one = kind === 'rnn' ? 0 : rows.rows * H;
    this.run = {
      H,
      gates: make(rows.rows * width),
      cells: make(one),
      tanhCells: make(kind === 'lstm' ? one : 0),
      h: make(N * S),
      c: make(N * H),
      dh: make(N * S),
      dc: make(N * H),
    };
    this.output = make(rows.rows * S);
    this.hPart = make(N * width);
    this.hBefore = make(rows.rows * S);
    this.unprojected = make(projSize ? rows.rows * H : 0);
    this.bias = make(width);
  }

  private buffer(name: string, n: number): Floats {
    const known = this.scratch.get(name);
    if (known) return known;
    const fresh = this.make(n);
    this.scratch.set(name, fresh);
    return fresh;
  }

  get hN(): Floats {
    return this.run.h;
  }
  get cN(): Floats {
    return this.run.c;
  }
  get dh0(): Floats {
    return this.run.dh;
  }
  get dc0(): Floats {
    return this.run.dc;
  }

  /** x [rows, inputSize]; h0, c0 in the rows' order. */
  forward(x: Floats, w: LayerWeights, h0: Floats | null, c0: Floats | null): void {
    const { run, width, S, shape, rows, bias } = this;
    const gru = shape.kind === 'gru';
    begin(run.h, h0);
    begin(run.c, c0);
    for (let j = 0; j < width; j++) bias[j] = gru ? w.bIh[j] : w.bIh[j] + w.bHh[j];
    for (let r = 0; r < rows.rows; r++) run.gates.set(bias, r * width);
    product(run.gates, 0, width, w.ih, 0, x, 0, shape.inputSize, width, rows.rows, shape.inputSize, true);
    const steps = rows.batchSizes.length;
    for (let i = 0; i < steps; i++) {
      const t = shape.reverse ? steps - 1 - i : i;
      const batch = rows.batchSizes[t];
      const row = rows.starts[t];
      if (gru) {
        for (let b = 0; b < batch; b++) this.hPart.set(w.bHh, b * width);
        product(this.hPart, 0, width, w.hh, 0, run.h, 0, S, shape.resetBefore ? 2 * S : width, batch, S, true);
      } else product(run.gates, row * width, width, w.hh, 0, run.h, 0, S, width, batch, S, true);
      this.step(row, batch, w);
      this.output.set(batch * S === run.h.length ? run.h : run.h.subarray(0, batch * S), row * S);
    }
  }

  private step(row: number, batch: number, w: LayerWeights): void {
    const { run, shape, activations, S } = this;
    if (shape.resetBefore) {
      gruResetGates(run, row, batch, this.hPart, activations);
      product(this.hPart, 2 * S, 3 * S, w.hh, 2 * S * S, run.cells, row * S, S, S, batch, S, true);
      gruResetState(run, row, batch, this.hPart, activations);
    } else if (shape.kind === 'gru') gruStep(run, row, batch, this.hPart, activations);
    else if (shape.kind === 'rnn') rnnStep(run, row, batch, run.h, shape.relu, activations);
    else if (!shape.projSize) this.lstmStep(row, batch, run.h, w);
    else {
      const H = shape.H;
      const unprojected = this.unprojected.subarray(row * H, (row + batch) * H);
      this.lstmStep(row, batch, unprojected, w);
      product(run.h, 0, S, w.hr, 0, unprojected, 0, H, S, batch, H, false);
    }
  }

  private lstmStep(row: number, batch: number, out: Floats, { peephole }: LayerWeights): void {
    if (peephole.length > 0) peepholeStep(this.run, row, batch, out, peephole, this.activations);
    else lstmStep(this.run, row, batch, out, this.activations);
  }

  /** Gradients of the weights are added to `g`; dx (written, or added with addDx) may be null. */
  backward(
    x: Floats,
    w: LayerWeights,
    g: LayerWeights,
    { dOutput, dhN, dcN, h0, c0, dx, addDx }: BackwardInputs,
  ): void {
    const { run, width, S, shape, rows } = this;
    begin(run.dh, dhN);
    begin(run.dc, dcN);
    const zeros = c0 ?? this.buffer('zeros', run.c.length);
    this.gatherBefore(h0);
    const hhT = this.buffer('hhT', width * S);
    transpose(hhT, w.hh, 0, width, S);
    const dH = shape.projSize ? this.buffer('dH', run.c.length) : run.dh;
    const hrT = this.buffer('hrT', w.hr.length);
    transpose(hrT, w.hr, 0, S, shape.H);
    const steps = rows.batchSizes.length;
    for (let i = 0; i < steps; i++) {
      const t = shape.reverse ? i : steps - 1 - i;
      const batch = rows.batchSizes[t];
      const row = rows.starts[t];
      if (dOutput) for (let k = 0; k < batch * S; k++) run.dh[k] += dOutput[row * S + k];
      if (shape.projSize) this.projectBackward(row, batch, hrT, dH, g.hr);
      if (shape.resetBefore) {
        this.resetBackward(row, batch, w.hh);
        continue;
      }
      this.stepBackward(t, row, batch, dH, zeros, w, g);
      const side = shape.kind === 'gru' ? this.hPart : run.gates;
      const from = shape.kind === 'gru' ? 0 : row * width;
      product(run.dh, 0, S, hhT, 0, side, from, width, S, batch, width, shape.kind === 'gru');
    }
    this.weightGradients(x, g);
    if (!dx) return;
    const ihT = this.buffer('ihT', w.ih.length);
    transpose(ihT, w.ih, 0, width, shape.inputSize);
    product(dx, 0, shape.inputSize, ihT, 0, run.gates, 0, width, shape.inputSize, rows.rows, width, addDx);
  }

  /** A GRU's with the reset before the product. */
  private resetBackward(row: number, batch: number, hh: Floats): void {
    const { run, S, hBefore } = this;
    const width = 3 * S;
    const [rzT, nT] = [this.buffer('rzT', 2 * S * S), this.buffer('nT', S * S)];
    transpose(rzT, hh, 0, 2 * S, S);
    transpose(nT, hh, 2 * S * S, S, S);
    const dReset = this.buffer('dReset', run.h.length);
    gruResetStateBackward(run, row, batch, hBefore);
    product(dReset, 0, S, nT, 0, run.gates, row * width + 2 * S, width, S, batch, S, false);
    gruResetGatesBackward(run, row, batch, hBefore, dReset);
    product(run.dh, 0, S, rzT, 0, run.gates, row * width, width, S, batch, 2 * S, true);
  }

  private stepBackward(
    t: number,
    row: number,
    batch: number,
    dH: Floats,
    c0: Floats,
    { peephole }: LayerWeights,
    g: LayerWeights,
  ): void {
    const { run, shape } = this;
    if (shape.kind === 'gru') gruBackward(run, row, batch, this.hBefore, this.hPart);
    else if (shape.kind === 'rnn') rnnBackward(run, row, batch, this.output, shape.relu);
    else {
      const before = stepBefore(this.rows, t, shape.reverse);
      if (peephole.length > 0) peepholeBackward(run, row, batch, dH, before, c0, peephole, g.peephole);
      else lstmBackward(run, row, batch, dH, before.row, before.count, c0);
    }
  }

  private projectBackward(row: number, batch: number, hrT: Floats, dH: Floats, dHr: Floats): void {
    const { run, S, shape } = this;
    const H = shape.H;
    product(dH, 0, H, hrT, 0, run.dh, 0, S, H, batch, S, false);
    for (let b = 0; b < batch; b++) {
      for (let p = 0; p < S; p++) {
        for (let j = 0; j < H; j++) dHr[p * H + j] += run.dh[b * S + p] * this.unprojected[(row + b) * H + j];
      }
    }
  }

  /** h before every step. */
  private gatherBefore(h0: Floats | null): void {
    const { rows, S, shape, output, hBefore } = this;
    rows.batchSizes.forEach((batch, t) => {
      const before = stepBefore(rows, t, shape.reverse);
      const shared = Math.min(before.count, batch);
      hBefore.set(output.subarray(before.row * S, (before.row + shared) * S), rows.starts[t] * S);
      const from = (rows.starts[t] + shared) * S;
      const to = (rows.starts[t] + batch) * S;
      if (h0) hBefore.set(h0.subarray(shared * S, batch * S), from);
      else hBefore.fill(0, from, to);
    });
  }

  private weightGradients(x: Floats, g: LayerWeights): void {
    const { run, width, S, shape, rows } = this;
    const R = rows.rows;
    const H = shape.H;
    const gatesT = this.buffer('gatesT', R * width);
    transpose(gatesT, run.gates, 0, R, width);
    const xT = this.buffer('xT', R * shape.inputSize);
    transpose(xT, x, 0, R, shape.inputSize);
    product(g.ih, 0, shape.inputSize, xT, 0, gatesT, 0, R, shape.inputSize, width, R, true);
    sumRows(g.bIh, gatesT, width, R);
    const hT = this.buffer('hT', R * S);
    transpose(hT, this.hBefore, 0, R, S);
    if (shape.kind === 'gru') {
      const cellsT = this.buffer('cellsT', R * H);
      transpose(cellsT, run.cells, 0, R, H);
      if (shape.resetBefore) product(g.hh, 2 * H * S, S, cellsT, 0, gatesT, 2 * H * R, R, S, H, R, true);
      else gatesT.set(cellsT, 2 * H * R);
    }
    product(g.hh, 0, S, hT, 0, gatesT, 0, R, S, shape.resetBefore ? 2 * H : width, R, true);
    sumRows(g.bHh, gatesT, width, R);
  }
}

export interface BackwardInputs {
  dOutput: Floats | null;
  dhN: Floats | null;
  dcN: Floats | null;
  h0: Floats | null;
  c0: Floats | null;
  dx: Floats | null;
  addDx: boolean;
}

function begin(state: Floats, from: Floats | null): void {
  if (from) state.set(from);
  else state.fill(0);
}

function sumRows(out: Floats, rows: Floats, M: number, R: number): void {
  for (let m = 0; m < M; m++) {
    let sum = 0.0;
    for (let r = 0; r < R; r++) sum += rows[m * R + r];
    out[m] += sum;
  }
}
