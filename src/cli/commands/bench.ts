// gated bench: WebAssembly against pure JavaScript (gated/reference in float32), same weights, in alternating rounds of one run.
import { engineInfo } from '../../engine/engine.js';
import { reserveMemory } from '../../engine/memory.js';
import { GRU } from '../../nn/gru.js';
import { LSTM } from '../../nn/lstm.js';
import { ReferenceNetwork } from '../../reference/index.js';
import { randn } from '../../tensor/create.js';
import { noGrad } from '../../tensor/grad-mode.js';
import { manualSeed } from '../../tensor/random.js';
import { scope } from '../../tensor/scope.js';
import type { Tensor } from '../../tensor/tensor.js';
import { CliError } from '../terminal/cli-error.js';
import { formatDuration } from '../terminal/format.js';
import { table } from '../terminal/table.js';

interface Case {
  title: string;
  kind: 'lstm' | 'gru';
  L: number;
  N: number;
  mode: 'stream' | 'forward' | 'train';
}

const SIZES = { inputSize: 300, hiddenSize: 128, numLayers: 2 };
const CASES = {
  stream: { title: 'LSTM, one step at a time', kind: 'lstm', L: 1, N: 1, mode: 'stream' },
  'B1 T50': { title: 'LSTM, 1 row × 50 steps', kind: 'lstm', L: 50, N: 1, mode: 'forward' },
  'B32 T50': { title: 'LSTM, 32 rows × 50 steps', kind: 'lstm', L: 50, N: 32, mode: 'forward' },
  'GRU B1 T50': { title: 'GRU, 1 row × 50 steps', kind: 'gru', L: 50, N: 1, mode: 'forward' },
  'train B1 T50': { title: 'LSTM training step, 1 row', kind: 'lstm', L: 50, N: 1, mode: 'train' },
  'train B32 T50': { title: 'LSTM training step, 32 rows', kind: 'lstm', L: 50, N: 32, mode: 'train' },
} as const satisfies Record<string, Case>;
export type BenchCase = keyof typeof CASES;

export interface BenchResult {
  case: BenchCase;
  title: string;
  /** Medians in microseconds. */
  gated: number;
  reference: number;
  /** How many times faster gated is: the median of the rounds' ratios. */
  ratio: number;
  /** Largest difference of any result, relative to the largest value. */
  difference: number;
}

/** Enough for every case, so that memory never grows: see reserveMemory. Pages that are not touched cost nothing. */
export function beFair(): void {
  reserveMemory(512 * 1024 * 1024);
}

export function bench({ rounds, json }: { rounds: number; json?: boolean }): number {
  beFair();
  if (!json) console.log('LSTM and GRU 300 → 128, 2 layers, float32; measuring for about half a minute…\n');
  const results = measure(Object.keys(CASES) as BenchCase[], rounds);
  const { build } = engineInfo();
  if (json) console.log(JSON.stringify({ build, node: process.versions.node, results }, null, 2));
  else
    console.log(
      `${report(results)}\n\n${build} build, Node ${process.versions.node}, one thread, medians of ${rounds} alternating rounds`,
    );
  return 0;
}

export function report(results: readonly BenchResult[]): string {
  const rows = results.map(({ title, gated, reference, ratio, difference }) => [
    title,
    formatDuration(gated / 1e6),
    formatDuration(reference / 1e6),
    `${ratio.toFixed(1)}×`,
    difference.toExponential(0),
  ]);
  const right = ['left', 'right', 'right', 'right', 'right'] as const;
  return table(rows, { head: ['', 'gated', 'pure JS', 'faster', 'differ by'], align: right });
}

/** Runs the cases; results are compared first. Throws CliError where they disagree. */
export function measure(cases: readonly BenchCase[], rounds: number): BenchResult[] {
  return cases.map((name) => {
    const contest = prepare(CASES[name]);
    try {
      const difference = compare(contest.gated(), contest.reference());
      // Sums of a few hundred float32 products, through 50 steps and back: rounding, no more.
      if (!(difference < 1e-4)) throw new CliError(`${name}: the results differ by ${difference}; nothing was timed`);
      return { case: name, title: CASES[name].title, difference, ...time(contest, rounds) };
    } finally {
      contest.dispose();
    }
  });
}

interface Contest {
  /** One unit of work; gives everything computed. */
  gated(): ArrayLike<number>[];
  reference(): ArrayLike<number>[];
  runGated(): void;
  runReference(): void;
  dispose(): void;
}

function prepare({ kind, L, N, mode }: Case): Contest {
  manualSeed(0);
  const model = kind === 'lstm' ? new LSTM(SIZES) : new GRU(SIZES);
  const pure = new ReferenceNetwork({ kind, ...SIZES, precision: 'float32' });
  pure.setParameters(Object.fromEntries(model.namedParameters().map(([name, p]) => [name, p.data()])));
  const x = randn([L, N, SIZES.inputSize]);
  const dy = randn([L, N, SIZES.hiddenSize]);
  const [flat, flatDy] = [x.data() as Float32Array, dy.data() as Float32Array];
  const stream = mode === 'stream' ? model.stream() : null;
  const forward = () => model.forward(x)[0] as Tensor;
  const run = {
    stream: () => [(stream as NonNullable<typeof stream>).step(flat)],
    forward: () => noGrad(() => scope(() => [forward().data()])),
    train: () => {
      model.zeroGrad();
      return scope(() => {
        const output = forward();
        output.backward({ gradient: dy });
        return [output.data(), ...model.parameters().map((p) => (p.grad as Tensor).data())];
      });
    },
  }[mode];
  const timed = {
    stream: run,
    forward: () => noGrad(() => scope(() => void forward())),
    train: () => {
      model.zeroGrad();
      scope(() => forward().backward({ gradient: dy }));
    },
  }[mode];
  const runReference = () => {
    const { output } = pure.forward(flat, { L, N });
    return mode === 'train' ? [output, ...gradientsOf(pure, flatDy)] : [output];
  };
  return {
    gated: () => run() as ArrayLike<number>[],
    reference: runReference,
    runGated: timed,
    runReference,
    dispose() {
      stream?.dispose();
      model.dispose();
      x.dispose();
      dy.dispose();
    },
  };
}

function gradientsOf(pure: ReferenceNetwork, output: Float32Array): ArrayLike<number>[] {
  return Object.values(pure.backward({ output, inputGradient: false }).parameters);
}

function compare(a: readonly ArrayLike<number>[], b: readonly ArrayLike<number>[]): number {
  let worst = 0;
  a.forEach((list, i) => {
    let error = 0;
    let largest = 0;
    for (let j = 0; j < list.length; j++) {
      if (!(Math.abs(list[j] - b[i][j]) <= error)) error = Math.abs(list[j] - b[i][j]);
      largest = Math.max(largest, Math.abs(b[i][j]));
    }
    worst = Math.max(worst, error / largest);
  });
  return worst;
}

/** Alternating rounds; a round's figure is the median of its samples, so that a pause of the machine or of the collector is left out for both. */
function time({ runGated, runReference }: Contest, rounds: number): Pick<BenchResult, 'gated' | 'reference' | 'ratio'> {
  const plans = [runGated, runReference].map((run) => planFor(run));
  const taken: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    [runGated, runReference].forEach((run, who) => {
      taken[who].push(median(sampleRound(run, plans[who])));
    });
  }
  const ratio = median(taken[0].map((t, i) => taken[1][i] / t));
  return { gated: median(taken[0]), reference: median(taken[1]), ratio };
}

/** Units per sample, far above the clock's grain, and samples per round. */
interface Plan {
  units: number;
  samples: number;
}

/** Warms up for 150 ms at least; samples of 0.5 ms or one unit, rounds of about 80 ms. */
function planFor(run: () => void): Plan {
  let done = 0;
  const start = performance.now();
  do {
    run();
    done++;
  } while (performance.now() - start < 150);
  const each = (performance.now() - start) / done;
  const units = Math.max(1, Math.round(0.5 / each));
  return { units, samples: Math.max(1, Math.round(80 / (units * each))) };
}

/** Microseconds per unit, one number per sample. */
function sampleRound(run: () => void, { units, samples }: Plan): number[] {
  return Array.from({ length: samples }, () => {
    const start = performance.now();
    for (let i = 0; i < units; i++) run();
    return ((performance.now() - start) * 1000) / units;
  });
}

function median(list: readonly number[]): number {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}
