// gated train FILE: a character model learns a text.
import { crossEntropy } from '../../nn/classification-losses.js';
import { Adam } from '../../optim/adam.js';
import { manualSeed } from '../../tensor/random.js';
import { type Dataset, textDataset } from '../../train/data.js';
import { type EpochInfo, fit, type History } from '../../train/fit.js';
import { CharModel, type CharModelSpec, encode, type Kind, vocabularyOf } from '../char-model.js';
import { readSpec, readTensorFile, specMetadata } from '../model-file.js';
import { CliError } from '../terminal/cli-error.js';
import { checkWritable, readBytes, readText, writeAtomic } from '../terminal/files.js';
import { formatCount, formatDuration } from '../terminal/format.js';
import { TrainingProgress } from '../terminal/progress.js';

export interface TrainOptions {
  kind: Kind;
  hidden: number;
  layers: number;
  embedding: number;
  dropout: number;
  length: number;
  batch: number;
  epochs: number;
  lr: number;
  clip: number;
  validation: number;
  seed: number;
  out: string;
  resume?: string;
}

/** Options that a resumed run takes from its checkpoint. */
type RunSettings = Pick<TrainOptions, 'length' | 'batch' | 'epochs' | 'lr' | 'clip' | 'validation' | 'seed'> & {
  text: string;
};

interface Run {
  spec: CharModelSpec;
  settings: RunSettings;
  model: CharModel;
  optimizer: Adam;
  train: Dataset;
  validation: Dataset | undefined;
  resume: Uint8Array | undefined;
}

export async function train(path: string, options: TrainOptions): Promise<number> {
  const text = readText(path);
  checkWritable(options.out);
  const run = options.resume ? resumedRun(path, text, options.resume) : newRun(path, text, options);
  announce(path, text, run, options);
  const started = performance.now();
  const stop = new AbortController();
  const onInterrupt = () => stop.abort();
  process.once('SIGINT', onInterrupt);
  try {
    const history = await learn(run, options.out, stop.signal);
    return report(path, history, options.out, (performance.now() - started) / 1000);
  } finally {
    process.off('SIGINT', onInterrupt);
    run.optimizer.dispose();
    run.model.dispose();
  }
}

function newRun(path: string, text: string, options: TrainOptions): Run {
  const { kind, hidden, layers, embedding, dropout } = options;
  const spec = { kind, hidden, layers, embedding, dropout, vocabulary: vocabularyOf(text) };
  const { length, batch, epochs, lr, clip, validation, seed } = options;
  return prepare(path, text, spec, { length, batch, epochs, lr, clip, validation, seed, text: fingerprint(text) });
}

function resumedRun(path: string, text: string, checkpoint: string): Run {
  const file = readTensorFile(checkpoint);
  const spec = readSpec(file, checkpoint);
  const settings = JSON.parse(file.metadata.get('run') ?? 'null') as RunSettings | null;
  if (!settings) throw new CliError(`${checkpoint} holds no run to resume`);
  if (settings.text !== fingerprint(text))
    throw new CliError(`${path} is not the text that ${checkpoint} was trained on`);
  return { ...prepare(path, text, spec, settings), resume: readBytes(checkpoint) };
}

function prepare(path: string, text: string, spec: CharModelSpec, settings: RunSettings): Run {
  const ids = encode(text, spec.vocabulary);
  const cut = ids.length - Math.floor(ids.length * settings.validation);
  const least = settings.batch + 1;
  if (cut < least) {
    throw new CliError(
      `${path} has ${ids.length} characters, ${cut} of them to train on; expected at least ${least} for --batch ${settings.batch}`,
    );
  }
  manualSeed(settings.seed);
  const model = new CharModel(spec);
  const held = ids.subarray(cut);
  return {
    spec,
    settings,
    model,
    optimizer: new Adam(model.parameters(), { lr: settings.lr }),
    train: textDataset(ids.subarray(0, cut), settings),
    // One row: the state is carried through the whole held-out text, from zero.
    validation: held.length > 1 ? textDataset(held, { batch: 1, length: 1024 }) : undefined,
    resume: undefined,
  };
}

async function learn(run: Run, out: string, signal: AbortSignal): Promise<History> {
  const { settings, train: data } = run;
  const { epochs } = settings;
  let progress: TrainingProgress | null = null;
  const stepsFrom = (stepsBefore: number) =>
    (progress ??= new TrainingProgress({ epochs, stepsPerEpoch: data.length, stepsBefore }));
  let smooth = Number.NaN;
  let seen = 0;
  try {
    return await fit(run.model, data, {
      optimizer: run.optimizer,
      loss: (logits, target) => crossEntropy(logits, target),
      epochs,
      clipGradNorm: settings.clip,
      // Linear decay to zero over the whole run.
      schedule: (step, steps) => settings.lr * (1 - step / steps),
      validation: run.validation,
      signal,
      resume: run.resume,
      checkpoint: {
        every: 500,
        save: (bytes) => writeAtomic(out, bytes),
        metadata: { ...specMetadata(run.spec), run: JSON.stringify(settings) },
      },
      onStep: ({ epoch, batch, step, loss, count }) => {
        smooth = Number.isNaN(smooth) ? loss : 0.98 * smooth + 0.02 * loss;
        seen += count;
        stepsFrom(step - 1).update({ epoch: epoch + 1, step: batch, loss: smooth, seen });
      },
      onEpoch: (info) => stepsFrom(0).log(epochLine(info)),
    });
  } finally {
    (progress as TrainingProgress | null)?.stop();
  }
}

function epochLine({ epoch, loss, validationLoss }: EpochInfo): string {
  const held = validationLoss === null ? '' : `  validation ${validationLoss.toFixed(4)}`;
  return `epoch ${epoch + 1}: loss ${loss.toFixed(4)}${held}  (cross-entropy per character, nats)`;
}

function announce(
  path: string,
  text: string,
  { spec, model, settings, train: data }: Run,
  { out, resume }: TrainOptions,
): void {
  const size = model.parameters().reduce((sum, p) => sum + p.size, 0);
  console.log(`${path}: ${formatCount(text.length)} characters, ${spec.vocabulary.length} different`);
  console.log(
    `${spec.kind.toUpperCase()}, ${spec.layers} × ${spec.hidden} units, embedding ${spec.embedding}: ${formatCount(size)} parameters`,
  );
  console.log(
    `${settings.epochs} × ${data.length} steps of ${settings.batch} × ${settings.length} characters, to ${out}`,
  );
  if (resume) console.log(`resuming ${resume}`);
}

function report(path: string, { epochs, aborted }: History, out: string, seconds: number): number {
  if (aborted) {
    console.log(
      `stopped; everything so far is in ${out}. Go on with: gated train ${path} --resume ${out} --out ${out}`,
    );
    return 130;
  }
  for (const info of epochs) console.log(epochLine(info));
  console.log(`done in ${formatDuration(seconds)}: ${out}. Try: gated generate ${out}`);
  return 0;
}

/** Length and FNV-1a hash: enough to notice another text. */
function fingerprint(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return `${text.length}:${(hash >>> 0).toString(16)}`;
}
