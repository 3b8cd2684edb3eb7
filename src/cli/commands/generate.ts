// gated generate MODEL: characters one after the other, through a stream.
import { sample } from '../../nn/sample.js';
import { manualSeed } from '../../tensor/random.js';
import { scope } from '../../tensor/scope.js';
import { type CharModel, encode } from '../char-model.js';
import { loadCharModel } from '../model-file.js';
import { CliError } from '../terminal/cli-error.js';

export interface GenerateOptions {
  temperature: number;
  /** 0 = all. */
  topK: number;
  /** Absent: a new line, where the model knows one. */
  prompt?: string;
  length: number;
  seed?: number;
}

export function generate(path: string, options: GenerateOptions): number {
  const { model, spec } = loadCharModel(path);
  if (options.seed !== undefined) manualSeed(options.seed);
  process.stdout.write(options.prompt ?? '');
  for (const character of characters(model, spec.vocabulary, options)) process.stdout.write(character);
  process.stdout.write('\n');
  model.dispose();
  return 0;
}

/** The characters after the prompt, as they come. */
export function* characters(
  model: CharModel,
  vocabulary: readonly string[],
  { prompt, length, temperature, topK }: GenerateOptions,
): Generator<string> {
  const begin = prompt ?? (vocabulary.includes('\n') ? '\n' : vocabulary[0]);
  if (begin === '') throw new CliError('the prompt is empty; expected at least one character');
  const stream = model.stream();
  try {
    const ids = encode(begin, vocabulary);
    let logits = new Float32Array();
    for (const id of ids) logits = stream.step([id]) as Float32Array<ArrayBuffer>;
    for (let i = 0; i < length; i++) {
      const id = scope(() => sample(logits, { temperature, topK: topK || undefined }).item());
      yield vocabulary[id];
      logits = stream.step([id]) as Float32Array<ArrayBuffer>;
    }
  } finally {
    stream.dispose();
  }
}
