// Connectionist temporal classification of one sequence (Graves, Fernández, Gomez, Schmidhuber, ICML 2006), as
// torch.nn.functional.ctc_loss.
//
// The labels with blanks around them are 2·count + 1 states: even ones blank, state s label s >> 1. α_t(s): log of the summed probability of
// all alignments of the first t steps that end in state s. β is α of the reversed sequence. Gradient, with z = log p(labels):
//   ∂(-z)/∂logProbs_t(c) = e^logProbs_t(c) - Σ over states s of class c of e^(α_t(s) + β_t(s) - logProbs_t(c) - z)
// which is torch's: right through a log-softmax before it, whose own gradient it leaves as it is.
// α and β are float64; only what a log of a sum adds to its largest term (0 to ln 3) is float32, so long sequences lose no digits.
import { Op } from '../elementwise/codes';
import { map1 } from '../elementwise/map';
import { exp4 } from '../simd/activations';
import { log4 } from '../simd/log';

/** For the longest of the sequences. */
export function ctcBytes(steps: i32, count: i32): i32 {
  return (steps + 2) * (2 * count + 1) * 8;
}

export function ctc(
  logProbs: usize,
  inputLengths: usize,
  labels: usize,
  targetLengths: usize,
  batch: i32,
  classes: i32,
  blank: i32,
  zeroInfinity: i32,
  losses: usize,
  gradient: usize,
  work: usize,
): void {
  const width = <usize>classes << 2;
  const pitch = width * batch;
  for (let n = 0; n < batch; n++) {
    const count = load<i32>(targetLengths + (<usize>n << 2));
    const steps = load<i32>(inputLengths + (<usize>n << 2));
    let loss = sequence(logProbs, pitch, steps, classes, labels, count, blank, gradient, work);
    if (loss == Infinity) {
      if (zeroInfinity) loss = 0;
      for (let t = 0; gradient && t < steps; t++) memory.fill(gradient + <usize>t * pitch, zeroInfinity ? 0 : 255, width);
    }
    store<f32>(losses + (<usize>n << 2), <f32>loss);
    labels += <usize>count << 2;
    logProbs += width;
    if (gradient) gradient += width;
  }
}

function sequence(
  logProbs: usize,
  pitch: usize,
  steps: i32,
  classes: i32,
  labels: usize,
  count: i32,
  blank: i32,
  gradient: usize,
  work: usize,
): f64 {
  const states = 2 * count + 1;
  // Without gradient one row, over and over.
  const row: usize = gradient ? (<usize>states) << 3 : 0;
  start(work, states);
  for (let t = 0; t < steps; t++, logProbs += pitch, work += row) {
    advance(work, work + row, logProbs, labels, 4, states, blank);
  }
  const end = work + ((<usize>states) << 3);
  const z = logAdd(load<f64>(end - 8), count ? load<f64>(end - 16) : -Infinity, -Infinity);
  if (!gradient) return -z;
  const backwards = labels + ((<usize>count) << 2) - 4;
  gradient += <usize>steps * pitch;
  start(end, states);
  for (let t = 0; t < steps; t++, work -= row) {
    logProbs -= pitch;
    gradient -= pitch;
    advance(end, end, logProbs, backwards, -4, states, blank);
    map1(Op.EXP, logProbs, gradient, classes);
    subtractPosteriors(work, end, logProbs, labels, states, blank, gradient, z);
  }
  return -z;
}

/** Before the first step: in the first state's place with certainty. */
function start(row: usize, states: i32): void {
  for (let s = 0; s < states; s++) store<f64>(row + ((<usize>s) << 3), s ? -Infinity : 0);
}

/** One step. Downwards, so that `to` may be `from`. `next` is the distance to the next label. */
function advance(from: usize, to: usize, logProbs: usize, labels: usize, next: i32, states: i32, blank: i32): void {
  for (let s = states - 1; s >= 0; s--) {
    const at = (<usize>s) << 3;
    const label = labels + (s >> 1) * next;
    let skip = -Infinity;
    let kind = blank;
    if (s & 1) {
      kind = load<i32>(label);
      if (s > 1 && kind != load<i32>(label - next)) skip = load<f64>(from + at - 16);
    }
    const moved = logAdd(load<f64>(from + at), s ? load<f64>(from + at - 8) : -Infinity, skip);
    store<f64>(to + at, moved + <f64>load<f32>(logProbs + ((<usize>kind) << 2)));
  }
}

function logAdd(a: f64, b: f64, c: f64): f64 {
  const top = max(max(a, b), c);
  if (top == -Infinity) return top;
  let terms = f32x4.splat(<f32>(a - top));
  terms = f32x4.replace_lane(terms, 1, <f32>(b - top));
  terms = exp4(f32x4.replace_lane(terms, 2, <f32>(c - top)));
  const sum = f32x4.extract_lane(terms, 0) + f32x4.extract_lane(terms, 1) + f32x4.extract_lane(terms, 2);
  return top + <f64>f32x4.extract_lane(log4(f32x4.splat(sum)), 0);
}

function subtractPosteriors(
  alpha: usize,
  beta: usize,
  logProbs: usize,
  labels: usize,
  states: i32,
  blank: i32,
  gradient: usize,
  z: f64,
): void {
  let blanks = 0.0;
  for (let s = 0; s < states; s++) {
    const kind = s & 1 ? load<i32>(labels + ((s >> 1) << 2)) : blank;
    const here = load<f64>(alpha + ((<usize>s) << 3));
    // Also where logProbs is -∞: there torch has NaN.
    if (here == -Infinity) continue;
    const there = load<f64>(beta + ((<usize>(states - 1 - s)) << 3));
    const log = here + there - <f64>load<f32>(logProbs + ((<usize>kind) << 2)) - z;
    const posterior = f32x4.extract_lane(exp4(f32x4.splat(<f32>log)), 0);
    if (s & 1) subtract(gradient + ((<usize>kind) << 2), posterior);
    else blanks += posterior;
  }
  subtract(gradient + ((<usize>blank) << 2), blanks);
}

// @ts-ignore: decorator
@inline
function subtract(at: usize, x: f64): void {
  store<f32>(at, <f32>(<f64>load<f32>(at) - x));
}
