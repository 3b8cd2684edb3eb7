// Labels from the log-probabilities of a model trained with ctcLoss.
import { tensor } from '../tensor/create.js';
import { noGrad } from '../tensor/grad-mode.js';
import { scope } from '../tensor/scope.js';
import type { Tensor, TensorLike } from '../tensor/tensor.js';
import { type Lengths, readSteps } from './ctc.js';
import { checkOptions } from './options.js';

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
 * Probabilities come from the exp kernel and are added and multiplied in float64, scaled by powers of two as they shrink: every runtime
 * finds the same. Prefixes below 2^-700 of the best are lost. Of equals the one found first wins: prefixes in order, each before its
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

interface Prefix {
  /** Its parent's id · C + its last label: the same however it was reached. */
  key: number;
  id: number;
  parent: Prefix | null;
  label: number;
  /** Summed probability of the alignments that end in a blank, and in the label. */
  blank: number;
  last: number;
}

const sum = (x: Prefix) => x.blank + x.last;
// Powers of two in digits: what ** gives is up to the engine.
const TWO_256 = 1.157920892373162e77;
const TWO_64 = 18446744073709552000;

function search(steps: readonly Float32Array[], blank: number, width: number): CtcPath[] {
  let beams: Prefix[] = [{ key: -1, id: 0, parent: null, label: blank, blank: 1, last: 0 }];
  const ids = new Map([[-1, 0]]);
  let scale = 0;
  for (const p of steps) {
    beams = extend(beams, p, blank).slice(0, width);
    const shrunk = sum(beams[0]) < 1 / TWO_256;
    if (shrunk) scale++;
    for (const beam of beams) {
      beam.id = ids.get(beam.key) ?? ids.size;
      ids.set(beam.key, beam.id);
      if (!shrunk) continue;
      beam.blank *= TWO_256;
      beam.last *= TWO_256;
    }
  }
  return beams.map((beam) => {
    const labels: number[] = [];
    for (let at = beam; at.parent; at = at.parent) labels.unshift(at.label);
    return { labels, score: logOf(sum(beam)) - scale * 256 * Math.LN2 };
  });
}

/** All prefixes after one more step, likeliest first. */
function extend(beams: readonly Prefix[], p: Float32Array, blank: number): Prefix[] {
  const next = new Map<number, Prefix>();
  const at = (key: number, parent: Prefix | null, label: number): Prefix => {
    let x = next.get(key);
    if (!x) next.set(key, (x = { key, id: 0, parent, label, blank: 0, last: 0 }));
    return x;
  };
  for (const beam of beams) {
    const { id, key, parent, label } = beam;
    const stays = at(key, parent, label);
    stays.blank += sum(beam) * p[blank];
    stays.last += beam.last * p[label];
    p.forEach((q, c) => {
      if (c !== blank && q > 0) at(id * p.length + c, beam, c).last += q * (c === label ? beam.blank : sum(beam));
    });
  }
  return [...next.values()].sort((a, b) => sum(b) - sum(a));
}

/** By the log kernel, on what float32 can hold. */
function logOf(p: number): number {
  let scale = 0;
  for (; p > 0 && p < 1 / TWO_64; p *= TWO_64) scale++;
  return (tensor(p).log().item() as number) - scale * 64 * Math.LN2;
}
