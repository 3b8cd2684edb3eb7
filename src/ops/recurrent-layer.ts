// One recurrent layer, both directions, over a whole sequence: a single node of the graph.
import { kernels } from '../engine/engine.js';
import { allocate, SCRATCH, u8 } from '../engine/memory.js';
import { ShapeError } from '../errors.js';
import { formatShape, sameShape } from '../shape.js';
import { elements, fresh, type GradientSink, type Op, type Operand, type Saved } from './op.js';
import { packedWeight, packOnce } from './packing.js';
import { FIELD, openRecurrentArgs, updateRecurrentArgs } from './recurrent-args.js';

export const KIND = { rnnTanh: 0, rnnRelu: 1, lstm: 2, gru: 3, gruResetBefore: 4 } as const;
export type RecurrentKind = keyof typeof KIND;
/** Gates stacked in the weights of each kind. */
export const GATES = { rnnTanh: 1, rnnRelu: 1, lstm: 4, gru: 3, gruResetBefore: 3 } as const;
/** Inputs before the weights: x, h0, c0, mask. */
const STATES = 4;
/** Names of the weights of a direction, in their order as inputs. */
export const WEIGHTS = ['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh', 'weight_hr', 'weight_peephole'] as const;

export interface RecurrentAttributes {
  kind: RecurrentKind;
  hiddenSize: number;
  /** 0 = no projection. */
  projSize: number;
  directions: 1 | 2;
  steps: number;
  /** Rows still running at each step: int32 [steps], not increasing; the first is the batch. null: all of them, always. */
  batchSizes: Operand | null;
  batch: number;
}

interface RecurrentSaved extends Saved, RecurrentAttributes {
  hasBias: boolean;
}

/**
 * Inputs: x [rows, I] in packed order or [steps, N, I], h0 [D, N, S], c0 [D, N, H], mask [D, N, S] (W_hh multiplies mask · h; it gets no gradient), then per
 * direction W_ih, W_hh, b_ih, b_hh, W_hr, peepholes [3H] (gates i, f, o); null where absent. Outputs: output as x, [rows, D·S], hN [D, N, S] and, for an LSTM, cN [D, N, H].
 */
export const recurrentLayer: Op<RecurrentAttributes, RecurrentSaved> = {
  name: 'recurrent layer',
  forward(inputs, attributes, saving) {
    const { kind, hiddenSize: H, directions, batch } = attributes;
    const x = inputs[0]!;
    const inputSize = x.shape.at(-1)!;
    const rows = elements(x) / inputSize;
    const S = attributes.projSize || H;
    for (let d = 0; d < directions; d++) checkWeights(weightsOf(inputs, d), attributes, inputSize, kind);
    const output = fresh([...x.shape.slice(0, -1), directions * S], kind);
    const hN = fresh([directions, batch, S], kind);
    const cN = kind === 'lstm' ? fresh([directions, batch, H], kind) : null;
    const kept: (Operand | null)[] = [];
    for (let d = 0; d < directions; d++) {
      const gates = saving ? fresh([rows, GATES[kind] * H], kind) : null;
      const cells = saving && GATES[kind] > 1 ? fresh([rows, H], kind) : null;
      runForward(inputs, attributes, d, { output, hN, cN, gates, cells, training: saving });
      kept.push(gates, cells);
    }
    const outputs = cN ? [output, hN, cN] : [output, hN];
    const operands = [...inputs.map(unlessBias), output, ...kept, attributes.batchSizes];
    return { outputs, saved: { operands, hasBias: inputs[STATES + 2] !== null, ...attributes } };
  },
  backward(saved, [dOutput, dhN, dcN], sink) {
    const { hiddenSize: H, directions, batch, kind } = saved;
    const x = saved.operands[0]!;
    const S = saved.projSize || H;
    const dx = sink.wants(0) ? fresh(x.shape, `${kind}.backward`) : null;
    const dh = fresh([directions, batch, S], `${kind}.backward`);
    const dc = kind === 'lstm' ? fresh([directions, batch, H], `${kind}.backward`) : null;
    for (let d = 0; d < directions; d++) runBackward(saved, d, sink, { dOutput, dhN, dcN, dx, dh, dc });
    return [dx, sink.wants(1) ? dh : null, sink.wants(2) ? dc : null];
  },
};

/** Weights are assignable (tied weights): one of another shape would send the kernel out of its bounds. */
export function checkWeights(
  weights: readonly (Operand | null)[],
  { kind, hiddenSize: H, projSize }: Pick<RecurrentAttributes, 'kind' | 'hiddenSize' | 'projSize'>,
  inputSize: number,
  where: string,
): void {
  const stacked = GATES[kind] * H;
  const S = projSize || H;
  const expected = [[stacked, inputSize], [stacked, S], [stacked], [stacked], [S, H], [3 * H]];
  weights.forEach((w, i) => {
    if (w && (w.dtype !== 'float32' || !sameShape(w.shape, expected[i]))) {
      throw new ShapeError(
        `${where}: ${WEIGHTS[i]} is ${w.dtype} ${formatShape(w.shape)}; expected float32 ${formatShape(expected[i])}`,
      );
    }
  });
}

/** Backward never reads a bias: changing one between forward and backward is harmless. */
function unlessBias(input: Operand | null, i: number): Operand | null {
  return isBias(i) ? null : input;
}
function isBias(i: number): boolean {
  const position = (i - STATES) % WEIGHTS.length;
  return i >= STATES && (position === 2 || position === 3);
}

interface ForwardBuffers {
  output: Operand;
  hN: Operand;
  cN: Operand | null;
  gates: Operand | null;
  cells: Operand | null;
  training: boolean;
}

/** Address of direction d in an operand [directions, …], or 0. */
function part(x: Operand | null | undefined, d: number, directions: number): number {
  return x ? x.block.ptr + (d * elements(x) * 4) / directions : 0;
}

/** Opens the record of a call and writes the fields that forward and backward share. All blocks are allocated by now. */
function commonArgs(inputs: readonly (Operand | null)[], a: RecurrentAttributes, d: number): Int32Array {
  const x = inputs[0]!;
  const args = openRecurrentArgs(SCRATCH);
  args[FIELD.kind] = KIND[a.kind];
  args[FIELD.x] = x.block.ptr;
  const inputSize = x.shape.at(-1)!;
  args[FIELD.inputSize] = inputSize;
  args[FIELD.batchSizes] = a.batchSizes?.block.ptr ?? 0;
  args[FIELD.steps] = a.steps;
  args[FIELD.rows] = elements(x) / inputSize;
  args[FIELD.hiddenSize] = a.hiddenSize;
  args[FIELD.projSize] = a.projSize;
  args[FIELD.reverse] = d;
  args[FIELD.h0] = part(inputs[1], d, a.directions);
  args[FIELD.c0] = part(inputs[2], d, a.directions);
  args[FIELD.mask] = part(inputs[3], d, a.directions);
  args[FIELD.peephole] = weightsOf(inputs, d)[5]?.block.ptr ?? 0;
  return args;
}

function weightsOf(inputs: readonly (Operand | null)[], d: number): readonly (Operand | null)[] {
  return inputs.slice(STATES + d * WEIGHTS.length, STATES + (d + 1) * WEIGHTS.length);
}

function runForward(inputs: readonly (Operand | null)[], a: RecurrentAttributes, d: number, to: ForwardBuffers): void {
  const [wIh, wHh, bIh, bHh, wHr] = weightsOf(inputs, d);
  const S = a.projSize || a.hiddenSize;
  const packed = [wIh, wHh, wHr].map((w) => (w ? packedWeight(w, 'transposed').ptr : 0));
  const args = commonArgs(inputs, a, d);
  args[FIELD.training] = to.training ? 1 : 0;
  args[FIELD.weightIh] = packed[0];
  args[FIELD.weightHh] = packed[1];
  args[FIELD.weightHr] = packed[2];
  args[FIELD.biasHn] = a.kind === 'gru' && bHh ? bHh.block.ptr + 2 * a.hiddenSize * 4 : 0;
  args[FIELD.output] = to.output.block.ptr + d * S * 4;
  args[FIELD.outputStride] = a.directions * S;
  args[FIELD.hN] = part(to.hN, d, a.directions);
  args[FIELD.cN] = part(to.cN, d, a.directions);
  args[FIELD.gates] = to.gates?.block.ptr ?? 0;
  args[FIELD.cells] = to.cells?.block.ptr ?? 0;
  const workBytes = kernels().recurrentWorkBytes(SCRATCH);
  const bias = bIh && bHh;
  const work = allocate(workBytes + (bias ? elements(bIh) * 4 : 0), `${a.kind} workspace`);
  updateRecurrentArgs(SCRATCH, { work: work.ptr, bias: bias ? work.ptr + workBytes : 0 });
  if (bias) kernels().combineBias(KIND[a.kind], bIh.block.ptr, bHh.block.ptr, work.ptr + workBytes, a.hiddenSize);
  kernels().recurrentForward(SCRATCH);
}

interface BackwardBuffers {
  dOutput: Operand | null;
  dhN: Operand | null;
  dcN: Operand | null;
  dx: Operand | null;
  dh: Operand;
  dc: Operand | null;
}

function runBackward(saved: RecurrentSaved, d: number, sink: GradientSink, g: BackwardBuffers): void {
  const { operands, directions, kind } = saved;
  const S = saved.projSize || saved.hiddenSize;
  const inputCount = STATES + directions * WEIGHTS.length;
  const output = operands[inputCount]!;
  const [gates, cells] = [0, 1].map((i) => {
    const kept = operands[inputCount + 1 + d * 2 + i] ?? null;
    return kept && sink.retain ? copied(kept) : kept;
  });
  const [wIh, wHh, , , wHr] = weightsOf(operands, d);
  const gradients = weightGradients(saved, d, sink);
  const packed = [g.dx ? wIh : null, wHh, wHr].map((w) => (w ? packedWeight(w, 'plain').ptr : 0));
  if (kind === 'gruResetBefore') {
    // Two products: r and z, and n.
    [2, 1].forEach((count, i) => {
      const block = { ptr: wHh!.block.ptr + i * 8 * S * S };
      packed[1 + i] = packOnce({ block, shape: [count * S, S] }, 'plain').ptr;
    });
  }
  const args = commonArgs(operands, saved, d);
  args[FIELD.training] = 1;
  for (const [field, pointer] of gradients) args[field] = pointer;
  args[FIELD.output] = output.block.ptr + d * S * 4;
  args[FIELD.outputStride] = directions * S;
  args[FIELD.gates] = gates!.block.ptr;
  args[FIELD.cells] = cells?.block.ptr ?? 0;
  args[FIELD.dOutput] = g.dOutput ? g.dOutput.block.ptr + d * S * 4 : 0;
  args[FIELD.dOutputStride] = directions * S;
  args[FIELD.dhN] = part(g.dhN, d, directions);
  args[FIELD.dcN] = part(g.dcN, d, directions);
  args[FIELD.weightIhBackward] = packed[0];
  args[FIELD.weightHhBackward] = packed[1];
  args[FIELD.weightHrBackward] = packed[2];
  args[FIELD.dx] = g.dx?.block.ptr ?? 0;
  args[FIELD.dxAccumulate] = d;
  args[FIELD.dh] = part(g.dh, d, directions);
  args[FIELD.dc] = part(g.dc, d, directions);
  const work = allocate(kernels().recurrentBackwardWorkBytes(SCRATCH), `${kind}.backward workspace`);
  updateRecurrentArgs(SCRATCH, { backwardWork: work.ptr });
  kernels().recurrentBackward(SCRATCH);
}

const GRADIENTS = ['dWeightIh', 'dWeightHh', 'dBiasIh', 'dBiasHh', 'dWeightHr', 'dPeephole'] as const;

/** Fields and addresses where direction d's weight gradients are added; none for those nobody wants. */
function weightGradients(saved: RecurrentSaved, d: number, sink: GradientSink): [number, number][] {
  const found: [number, number][] = [];
  GRADIENTS.forEach((field, i) => {
    const input = STATES + d * WEIGHTS.length + i;
    const present = isBias(input) ? saved.hasBias : saved.operands[input] !== null;
    if (present && sink.wants(input)) found.push([FIELD[field], sink.accumulate(input).block.ptr]);
  });
  return found;
}

function copied(x: Operand): Operand {
  const out = fresh(x.shape, 'retained activations');
  u8.copyWithin(out.block.ptr, x.block.ptr, x.block.ptr + elements(x) * 4);
  return out;
}
