// The equations of what torch.nn has not, and their derivatives, as in steps.ts: GRU with the reset before the product, LSTM with peepholes.
import type { Activations } from './activations.js';
import type { Floats } from './product.js';
import type { LayerRun } from './steps.js';

/** f(b, j): every unit of every row. */
function each(batch: number, H: number, f: (b: number, j: number) => void): void {
  for (let b = 0; b < batch; b++) for (let j = 0; j < H; j++) f(b, j);
}

/** r, z; cells = r·h, which W_hn multiplies. hPart [batch, 3H] holds W_h·h + b_hh, its n part the bias alone. */
export function gruResetGates(
  run: LayerRun,
  row: number,
  batch: number,
  hPart: Floats,
  { sigmoid }: Activations,
): void {
  const { H, gates, cells, h } = run;
  each(batch, 2 * H, (b, j) => {
    const p = (row + b) * 3 * H + j;
    gates[p] = sigmoid(gates[p] + hPart[b * 3 * H + j]);
    if (j < H) cells[(row + b) * H + j] = gates[p] * h[b * H + j];
  });
}

/** n = tanh(x_n + hPart_n); h' = (1 - z)·n + z·h. */
export function gruResetState(run: LayerRun, row: number, batch: number, hPart: Floats, { tanh }: Activations): void {
  const { H, gates, h } = run;
  each(batch, H, (b, j) => {
    const p = (row + b) * 3 * H + j;
    const n = tanh(gates[p + 2 * H] + hPart[(b * 3 + 2) * H + j]);
    gates[p + 2 * H] = n;
    h[b * H + j] = n + gates[p + H] * (h[b * H + j] - n);
  });
}

/** dz, dn in gates; dh keeps its direct part dh·z. */
export function gruResetStateBackward(run: LayerRun, row: number, batch: number, hBefore: Floats): void {
  const { H, gates, dh } = run;
  each(batch, H, (b, j) => {
    const p = (row + b) * 3 * H + j;
    const [z, n, d] = [gates[p + H], gates[p + 2 * H], dh[b * H + j]];
    gates[p + 2 * H] = d * (1 - z) * (1 - n * n);
    gates[p + H] = d * (hBefore[(row + b) * H + j] - n) * z * (1 - z);
    dh[b * H + j] = d * z;
  });
}

/** From dReset [batch, H], the gradient of r·h: dr in gates, and its part of dh. */
export function gruResetGatesBackward(
  run: LayerRun,
  row: number,
  batch: number,
  hBefore: Floats,
  dReset: Floats,
): void {
  const { H, gates, dh } = run;
  each(batch, H, (b, j) => {
    const p = (row + b) * 3 * H + j;
    const r = gates[p];
    gates[p] = dReset[b * H + j] * hBefore[(row + b) * H + j] * r * (1 - r);
    dh[b * H + j] += dReset[b * H + j] * r;
  });
}

/** As lstmStep; peephole [3H]: p_i, p_f see c, p_o sees c'. */
export function peepholeStep(
  run: LayerRun,
  row: number,
  batch: number,
  out: Floats,
  peephole: Floats,
  { tanh, sigmoid }: Activations,
): void {
  const { H, gates, cells, tanhCells, c } = run;
  each(batch, H, (b, j) => {
    const p = (row + b) * 4 * H + j;
    const [s, k] = [(row + b) * H + j, b * H + j];
    const i = sigmoid(gates[p] + peephole[j] * c[k]);
    const f = sigmoid(gates[p + H] + peephole[H + j] * c[k]);
    const g = tanh(gates[p + 2 * H]);
    const next = f * c[k] + i * g;
    const o = sigmoid(gates[p + 3 * H] + peephole[2 * H + j] * next);
    [i, f, g, o].forEach((gate, n) => {
      gates[p + n * H] = gate;
    });
    c[k] = cells[s] = next;
    tanhCells[s] = tanh(next);
    out[k] = o * tanhCells[s];
  });
}

/** As lstmBackward; adds to dPeephole. */
export function peepholeBackward(
  run: LayerRun,
  row: number,
  batch: number,
  d: Floats,
  { row: beforeRow, count }: { row: number; count: number },
  c0: Floats,
  peephole: Floats,
  dPeephole: Floats,
): void {
  const { H, gates, cells, tanhCells, dc } = run;
  each(batch, H, (b, j) => {
    const p = (row + b) * 4 * H + j;
    const [s, k] = [(row + b) * H + j, b * H + j];
    const before = b < count ? cells[(beforeRow + b) * H + j] : c0[k];
    const [i, f, g, o] = [0, 1, 2, 3].map((n) => gates[p + n * H]);
    const t = tanhCells[s];
    const dO = d[k] * t * o * (1 - o);
    const q = dc[k] + d[k] * o * (1 - t * t) + dO * peephole[2 * H + j];
    const dI = q * g * i * (1 - i);
    const dF = q * before * f * (1 - f);
    [dI, dF, q * i * (1 - g * g), dO].forEach((gradient, n) => {
      gates[p + n * H] = gradient;
    });
    dc[k] = q * f + dI * peephole[j] + dF * peephole[H + j];
    dPeephole[j] += dI * before;
    dPeephole[H + j] += dF * before;
    dPeephole[2 * H + j] += dO * cells[s];
  });
}
