// gated demo: what this library is about, on one screen, in about a minute.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { engineInfo } from '../../engine/engine.js';
import { load, save } from '../../formats/safetensors.js';
import { crossEntropy } from '../../nn/classification-losses.js';
import { Adam } from '../../optim/adam.js';
import { manualSeed } from '../../tensor/random.js';
import { textDataset } from '../../train/data.js';
import { fit } from '../../train/fit.js';
import { CharModel, type CharModelSpec, encode, vocabularyOf } from '../char-model.js';
import { gradientNorms, type MemoryKind } from '../gradient-memory.js';
import { logChart } from '../terminal/chart.js';
import { CliError } from '../terminal/cli-error.js';
import { readText } from '../terminal/files.js';
import { formatCount, formatDuration } from '../terminal/format.js';
import { TrainingProgress } from '../terminal/progress.js';
import { columns, style } from '../terminal/screen.js';
import { table } from '../terminal/table.js';
import { type BenchCase, beFair, measure, report } from './bench.js';
import { characters } from './generate.js';

export interface DemoOptions {
  file?: string;
  quick?: boolean;
}

export async function demo({ file, quick = false }: DemoOptions): Promise<number> {
  beFair();
  const started = performance.now();
  const { build } = engineInfo();
  console.log(
    style.bold('gated') +
      style.dim(`  recurrent networks in WebAssembly  ·  ${build} build  ·  Node ${process.versions.node}`),
  );
  vanishing();
  const model = await learn(file ? readText(file) : ownSources(), quick);
  streaming(model);
  model.model.dispose();
  speed(quick);
  next((performance.now() - started) / 1000);
  return 0;
}

function heading(letter: string, title: string): void {
  console.log(`\n${style.bold(`${letter}  ${title}`)}`);
}

// (a) ----------------------------------------------------------------------------------------------------------------

const STEPS = 200;

function vanishing(): void {
  heading('a', 'Why gates: how much of the last step’s loss still reaches an earlier step');
  manualSeed(1);
  const kinds: [MemoryKind, string][] = [
    ['rnn', 'RNN'],
    ['lstm', 'LSTM, forget bias 1'],
    ['gru', 'GRU'],
  ];
  const series = kinds.map(([kind, name]) => ({
    name,
    values: relative(gradientNorms(kind, { steps: STEPS, hidden: 32 })),
  }));
  const title = `‖∂loss/∂h_t‖ over ${STEPS} steps, from real backward passes (32 units; the last step is 1)`;
  const xLabel = 'steps back in time';
  console.log(logChart(series, { colors: style, columns, rows: 13, title, xLabel, min: 1e-24, max: 1 }));
  const back = [1, 10, 50, STEPS - 1];
  const rows = series.map(({ name, values }) => [name, ...back.map((n) => values[n].toExponential(1))]);
  console.log(`\n${table(rows, { head: ['steps back', ...back.map(String)] })}`);
  console.log(
    'The plain RNN’s gradient vanishes: it cannot learn what happened 50 steps ago. The gates keep far more of it,',
  );
  console.log('and training opens them further.');
}

/** From the last step backwards, as shares of the last. */
function relative(norms: readonly number[]): number[] {
  const last = norms[norms.length - 1];
  return norms.map((_, i) => norms[norms.length - 1 - i] / last);
}

// (b) ----------------------------------------------------------------------------------------------------------------

interface Learned {
  model: CharModel;
  spec: CharModelSpec;
}

async function learn(text: string, quick: boolean): Promise<Learned> {
  heading('b', 'An LSTM learns text, live');
  const spec: CharModelSpec = {
    kind: 'lstm',
    hidden: 128,
    layers: 1,
    embedding: 32,
    dropout: 0,
    vocabulary: vocabularyOf(text),
  };
  manualSeed(2);
  const model = new CharModel(spec);
  const [length, batch, steps] = quick ? [16, 4, 20] : [48, 16, 1000];
  const needed = steps * length * batch + 1;
  if (text.length <= batch)
    throw new CliError(`the text has ${text.length} characters; expected at least ${batch + 1}`);
  const data = textDataset(encode(text.slice(0, needed), spec.vocabulary), { batch, length });
  const epochs = Math.max(1, Math.round(steps / data.length));
  console.log(
    style.dim(
      `${formatCount(text.length)} characters, ${spec.vocabulary.length} different; 128 units, ${epochs * data.length} steps\n`,
    ),
  );
  show('before', model, spec);
  const optimizer = new Adam(model.parameters(), { lr: 5e-3 });
  const progress = new TrainingProgress({ epochs, stepsPerEpoch: data.length });
  let smooth = Number.NaN;
  let seen = 0;
  try {
    await fit(model, data, {
      optimizer,
      epochs,
      loss: (logits, target) => crossEntropy(logits, target),
      clipGradNorm: 1,
      schedule: (step, total) => 5e-3 * (1 - step / total),
      yieldEvery: 8,
      onStep: ({ epoch, batch: step, loss, count }) => {
        smooth = Number.isNaN(smooth) ? loss : 0.97 * smooth + 0.03 * loss;
        seen += count;
        progress.update({ epoch: epoch + 1, step, loss: smooth, seen });
      },
    });
  } finally {
    progress.stop();
  }
  optimizer.dispose();
  show('after', model, spec);
  return { model, spec };
}

function show(when: string, model: CharModel, spec: CharModelSpec): void {
  manualSeed(3);
  const text = [...characters(model, spec.vocabulary, { length: 240, temperature: 0.6, topK: 0 })].join('');
  console.log(style.dim(`${when}:`));
  console.log(
    text
      .trim()
      .split('\n')
      .slice(0, 6)
      .map((line) => `  │ ${line}`)
      .join('\n'),
  );
}

/** The text that is always there: the project's sources, or what npm installed. */
function ownSources(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const root =
    [join(here, '..', '..'), join(here, '..', '..', '..')].find((folder) => existsSync(join(folder, 'package.json'))) ??
    here;
  const source = ['src', 'dist'].map((name) => join(root, name)).find(existsSync);
  if (!source) throw new CliError('found no sources of gated to learn from; give a text with --file');
  const files = (readdirSync(source, { recursive: true }) as string[]).filter((name) => /\.(ts|js)$/.test(name)).sort();
  return files
    .map((name) => readFileSync(join(source, name), 'utf8'))
    .join('\n')
    .replace(/[^\n\x20-\x7e]/g, '');
}

// (c) ----------------------------------------------------------------------------------------------------------------

function streaming({ model, spec }: Learned): void {
  heading('c', 'Save, load, stream: the same bits');
  const bytes = save(model.stateDict());
  const copy = new CharModel(spec);
  copy.loadStateDict(load(bytes));
  const ids = Array.from({ length: 64 }, (_, i) => (i * 7) % spec.vocabulary.length);
  const [whole] = model.predict(ids.map((id) => [id])) as unknown as [Float32Array];
  const stream = copy.stream();
  let same = true;
  ids.forEach((id, t) => {
    if (t === 32) stream.restore(stream.save());
    const logits = stream.step([id]);
    same &&= logits.every((x, j) => Object.is(x, whole[t * spec.vocabulary.length + j]));
  });
  stream.dispose();
  copy.dispose();
  console.log(
    `${formatCount(bytes.length)}B of safetensors, loaded into a new model, streamed one character at a time through a saved`,
  );
  console.log(
    `and restored state: ${same ? style.green('every logit has the same bits') : style.red('the logits differ')} as the whole sequence at once.`,
  );
  if (!same) throw new CliError('streaming and whole-sequence results differ');
}

// (d) ----------------------------------------------------------------------------------------------------------------

function speed(quick: boolean): void {
  heading('d', 'Speed against pure JavaScript, same weights, checked to agree first');
  const cases: BenchCase[] = ['stream', 'B1 T50', 'train B32 T50'];
  console.log(report(measure(quick ? ['stream'] : cases, quick ? 1 : 3)));
}

function next(seconds: number): void {
  console.log(style.dim(`\n${formatDuration(seconds)} in all.`) + ' What to try next:');
  console.log('  gated train my.txt                    an LSTM of your own (gated train --help)');
  console.log('  gated generate model.safetensors      let it write');
  console.log('  gated bench                           all speed cases');
  console.log("  import { LSTM, tensor } from 'gated'  PyTorch's API: see README.md");
}
