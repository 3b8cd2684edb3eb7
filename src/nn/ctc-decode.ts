// Labels from the log-probabilities of a model trained with ctcLoss.

import { checkOptions } from '../options.js';
import { tensor } from '../tensor/create.js';
import { noGrad } from '../tensor/grad-mode.js';
import { scope } from '../tensor/scope.js';
import type { Tensor, TensorLike } from '../tensor/tensor.js';
import { type Lengths, readSteps } from './ctc.js';

export interface CtcPath {
  labels: number[];
  /** Natural logarithm of a probability. */
  score: number;
}

/**
 * The likeliest class of every step (the first of equals), repeats merged, blanks dropped. score: of that one alignment.
 *
 * @param logProbs [T, N, C], or [T, C] as N = 1. @param lengths steps of each sequence, default T. @returns one path for each sequence.
 */
export function ctcGreedyDecode(
  logProbs: TensorLike,
  lengths?: Lengths,
  { blank = 0 }: { blank?: number } = {},
): CtcPath[] {
  return decode(
    'ctcGreedyDecode',
    logProbs,
    lengths,
    blank,
    (x) => x,
    (steps) => {
      const labels: number[] = [];
      let [score, last] = [0, blank];
      for (const step of steps) {
        const best = step.reduce((top, p, c) => (p > step[top] ? c : top), 0);
        if (best !== last && best !== blank) labels.push(best);
        score += step[best];
        last = best;
      }
      return { labels, score };
    },
  );
}

export interface CtcBeamOptions {
  /** Prefixes kept after each step. Default 100. */
  beamWidth?: number;
  /** Default 0. */
  blank?: number;
  /** Paths returned, likeliest first. Default 1. */
  topPaths?: number;
}

/**
 * Prefix beam search (Hannun et al. 2014): the labels whose alignments have the highest summed probability. score: that sum's logarithm,
 * over the alignments of prefixes that were kept.
 *
 * Probabilities come from the exp kernel and are added, multiplied and divided in float64: every runtime finds the same. Prefixes below
 * 1e-300 of the best are lost. Of equals the one found first wins: prefixes in order, each before its
 * extensions, those by class.
 *
 * @param logProbs [T, N, C], or [T, C] as N = 1, at most 0. @param lengths steps of each sequence, default T.
 * @returns for each sequence its topPaths (fewer where there are no more).
 */
export function ctcBeamSearch(logProbs: TensorLike, lengths?: Lengths, options: CtcBeamOptions = {}): CtcPath[][] {
  checkOptions('ctcBeamSearch', options, { beamWidth: 'size', blank: 'any', topPaths: 'size' });
  const { beamWidth = 100, blank = 0, topPaths = 1 } = options;
  return decode(
    'ctcBeamSearch',
    logProbs,
    lengths,
    blank,
    (x) => x.exp(),
    (steps) => search(steps, blank, beamWidth).slice(0, topPaths),
  );
}

function decode<T>(
  name: string,
  logProbs: TensorLike,
  lengths: Lengths | undefined,
  blank: number,
  prepare: (x: Tensor) => Tensor,
  row: (steps: Float32Array[]) => T,
): T[] {
  return noGrad(() =>
    scope(() => {
      const read = readSteps(name, logProbs, lengths, blank);
      const [, N, C] = read.x.shape;
      const data = prepare(read.x).data() as Float32Array;
      return Array.from(read.lengths, (length, n) =>
        row(Array.from({ length }, (_, t) => data.subarray((t * N + n) * C, (t * N + n + 1) * C))),
      ) as never;
    }),
  );
}

/** Summed probabilities of the alignments of a prefix that end in a blank, and in its last label. */
type Ends = [blank: number, label: number];
const sum = ([blank, label]: Ends) => blank + label;

/** Prefixes, likeliest first: their labels, each behind a comma. */
type Beams = [prefix: string, ends: Ends][];

function search(steps: readonly Float32Array[], blank: number, width: number): CtcPath[] {
  let beams: Beams = [['', [1, 0]]];
  const tops: number[] = [];
  for (const p of steps) {
    beams = extend(beams, p, blank).slice(0, width);
    // Before float64 ends: the likeliest becomes 1.
    const top = sum(beams[0][1]);
    tops.push(top);
    beams = beams.map(([prefix, [a, b]]) => [prefix, [a / (top || 1), b / (top || 1)]]);
  }
  // By the log kernel. An eighth root (exactly rounded ones are the same everywhere) brings any float64 into float32's range.
  const roots = [...tops, ...beams.map(([, ends]) => sum(ends))].map((p) => Math.sqrt(Math.sqrt(Math.sqrt(p))));
  const logs = [...tensor(roots).log().data()];
  const shared = logs.splice(0, tops.length).reduce((a, b) => a + b, 0);
  return beams.map(([prefix], i) => ({
    labels: prefix.split(',').slice(1).map(Number),
    score: 8 * (shared + logs[i]),
  }));
}

/** All prefixes after one more step. */
function extend(beams: Beams, p: Float32Array, blank: number): Beams {
  const next = new Map<string, Ends>();
  const add = (prefix: string, end: 0 | 1, probability: number) => {
    const ends = next.get(prefix) ?? [0, 0];
    ends[end] += probability;
    next.set(prefix, ends);
  };
  for (const [prefix, ends] of beams) {
    // Of the empty prefix, which no alignment ends in: any.
    const last = Number(prefix.slice(prefix.lastIndexOf(',') + 1));
    add(prefix, 0, sum(ends) * p[blank]);
    add(prefix, 1, ends[1] * p[last]);
    p.forEach((q, c) => {
      const extended = q * (c === last ? ends[0] : sum(ends));
      if (c !== blank && extended > 0) add(`${prefix},${c}`, 1, extended);
    });
  }
  return [...next].sort((a, b) => sum(b[1]) - sum(a[1]));
}
