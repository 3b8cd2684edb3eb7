// The equations of one step and their derivatives, unit by unit. Rows are packed (see network.ts); gates of a row are blocks of H.
import type { Activations } from './activations.js';
import type { Floats } from './product.js';

/** One direction of one layer while it runs. */
export interface LayerRun {
  H: number;
  /** [rows, G·H]: pre-activations, then activated gates, then (backward) their gradients. */
  gates: Floats;
  /** LSTM: c of every step; GRU: W_hn·h + b_hn, then its gradient. */
  cells: Floats;
  /** LSTM: tanh(c) of every step. */
  tanhCells: Floats;
  /** The live state [N, S] and, LSTM, [N, H]. */
  h: Floats;
  c: Floats;
  /** Gradients of the live state. */
  dh: Floats;
  dc: Floats;
}

/** h' = tanh(pre) or max(pre, 0), into out. */
export function rnnStep(
  run: LayerRun,
  row: number,
  batch: number,
  out: Floats,
  relu: boolean,
  { tanh }: Activations,
): void {
  const { H, gates } = run;
  for (let i = 0, p = row * H; i < batch * H; i++, p++) out[i] = relu ? (gates[p] < 0 ? 0 : gates[p]) : tanh(gates[p]);
}

/** i, f, g, o; c' = f·c + i·g; out = o·tanh(c'). */
export function lstmStep(run: LayerRun, row: number, batch: number, out: Floats, { tanh, sigmoid }: Activations): void {
  const { H, gates, cells, tanhCells, c } = run;
  const H2 = 2 * H;
  const H3 = 3 * H;
  for (let b = 0; b < batch; b++) {
    let p = ((row + b) * 4 * H) | 0;
    let s = ((row + b) * H) | 0;
    let k = (b * H) | 0;
    for (const end = (k + H) | 0; k < end; k = (k + 1) | 0, p = (p + 1) | 0, s = (s + 1) | 0) {
      const i = sigmoid(gates[p]);
      const f = sigmoid(gates[(p + H) | 0]);
      const g = tanh(gates[(p + H2) | 0]);
      const o = sigmoid(gates[(p + H3) | 0]);
      gates[p] = i;
      gates[(p + H) | 0] = f;
      gates[(p + H2) | 0] = g;
      gates[(p + H3) | 0] = o;
      const next = f * c[k] + i * g;
      const t = tanh(next);
      c[k] = next;
      cells[s] = next;
      tanhCells[s] = t;
      out[k] = o * t;
    }
  }
}

/** r, z, n = tanh(x_n + r·hn); h' = (1 - z)·n + z·h. hPart holds W_h·h + b_hh of the step, [batch, 3H]. */
export function gruStep(
  run: LayerRun,
  row: number,
  batch: number,
  hPart: Floats,
  { tanh, sigmoid }: Activations,
): void {
  const { H, gates, cells, h } = run;
  const H2 = 2 * H;
  for (let b = 0; b < batch; b++) {
    let p = ((row + b) * 3 * H) | 0;
    let q = (b * 3 * H) | 0;
    let s = ((row + b) * H) | 0;
    let k = (b * H) | 0;
    for (const end = (k + H) | 0; k < end; k = (k + 1) | 0, p = (p + 1) | 0, q = (q + 1) | 0, s = (s + 1) | 0) {
      const r = sigmoid(gates[p] + hPart[q]);
      const z = sigmoid(gates[(p + H) | 0] + hPart[(q + H) | 0]);
      const hn = hPart[(q + H2) | 0];
      const n = tanh(gates[(p + H2) | 0] + r * hn);
      gates[p] = r;
      gates[(p + H) | 0] = z;
      gates[(p + H2) | 0] = n;
      cells[s] = hn;
      h[k] = n + z * (h[k] - n);
    }
  }
}

// Backward: dh holds the whole gradient of the step's output (of the unprojected one for an LSTM with projection). ----------------

export function rnnBackward(run: LayerRun, row: number, batch: number, output: Floats, relu: boolean): void {
  const { H, gates, dh } = run;
  for (let i = 0, p = row * H; i < batch * H; i++, p++) {
    const y = output[p];
    gates[p] = relu ? (y > 0 ? dh[i] : 0) : dh[i] * (1 - y * y);
  }
}

/** `before` and `beforeRow`: where the cells of the step before are, for the first beforeCount rows; c0 for the others. */
export function lstmBackward(
  run: LayerRun,
  row: number,
  batch: number,
  d: Floats,
  beforeRow: number,
  beforeCount: number,
  c0: Floats,
): void {
  const { H, gates, cells, tanhCells, dc } = run;
  const H2 = 2 * H;
  const H3 = 3 * H;
  for (let b = 0; b < batch; b++) {
    const before = b < beforeCount ? cells : c0;
    let from = (b < beforeCount ? (beforeRow + b) * H : b * H) | 0;
    let p = ((row + b) * 4 * H) | 0;
    let s = ((row + b) * H) | 0;
    let k = (b * H) | 0;
    for (const end = (k + H) | 0; k < end; k = (k + 1) | 0, p = (p + 1) | 0, s = (s + 1) | 0, from = (from + 1) | 0) {
      const i = gates[p];
      const f = gates[(p + H) | 0];
      const g = gates[(p + H2) | 0];
      const o = gates[(p + H3) | 0];
      const t = tanhCells[s];
      const q = dc[k] + d[k] * o * (1 - t * t);
      gates[p] = q * g * i * (1 - i);
      gates[(p + H) | 0] = q * before[from] * f * (1 - f);
      gates[(p + H2) | 0] = q * i * (1 - g * g);
      gates[(p + H3) | 0] = d[k] * t * o * (1 - o);
      dc[k] = q * f;
    }
  }
}

/** side [batch, 3H]: the gradients on the h side; dh keeps its direct part dh·z. hBefore [rows, H]. */
export function gruBackward(run: LayerRun, row: number, batch: number, hBefore: Floats, side: Floats): void {
  const { H, gates, cells, dh } = run;
  const H2 = 2 * H;
  for (let b = 0; b < batch; b++) {
    for (let j = 0; j < H; j++) {
      const p = (row + b) * 3 * H + j;
      const q = b * 3 * H + j;
      const s = (row + b) * H + j;
      const k = b * H + j;
      const r = gates[p];
      const z = gates[p + H];
      const n = gates[p + H2];
      const d = dh[k];
      const dn = d * (1 - z) * (1 - n * n);
      const dr = dn * cells[s] * r * (1 - r);
      const dz = d * (hBefore[s] - n) * z * (1 - z);
      gates[p] = side[q] = dr;
      gates[p + H] = side[q + H] = dz;
      gates[p + H2] = dn;
      cells[s] = side[q + H2] = dn * r;
      dh[k] = d * z;
    }
  }
}
