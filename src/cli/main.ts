// The `gated` command: arguments in, exit code out. No stack trace for a user's mistake.
import { Command, InvalidArgumentError, Option } from 'commander';
import { GatedError } from '../errors.js';
import { KINDS } from './char-model.js';
import { bench } from './commands/bench.js';
import { demo } from './commands/demo.js';
import { generate } from './commands/generate.js';
import { inspect } from './commands/inspect.js';
import { inspectOnnx } from './commands/inspect-onnx.js';
import { run } from './commands/run.js';
import { train } from './commands/train.js';
import { CliError } from './terminal/cli-error.js';
import { errorStyle } from './terminal/screen.js';

declare const __VERSION__: string;

/** Parses a number and refuses what lies outside; whole: integers only. */
function number(low: number, high = Number.POSITIVE_INFINITY, whole = false): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= low && value <= high) || (whole && !Number.isInteger(value))) {
      const kind = whole ? 'a whole number' : 'a number';
      throw new InvalidArgumentError(
        `Expected ${kind} ${high >= Number.MAX_SAFE_INTEGER ? `of at least ${low}` : `from ${low} to ${high}`}.`,
      );
    }
    return value;
  };
}
const count = (low: number) => number(low, Number.MAX_SAFE_INTEGER, true);

let exitCode = 0;
const program = new Command('gated')
  .description('Recurrent networks (RNN, LSTM, GRU) that run and train wherever JavaScript runs.')
  .version(__VERSION__)
  .showHelpAfterError('(gated --help, or gated <command> --help, shows what there is)')
  .addHelpText(
    'after',
    `
Examples:
  gated demo                                   see it work in about a minute
  gated train shakespeare.txt --epochs 3       learn a text, character by character
  gated generate model.safetensors --prompt "The "
`,
  );

program
  .command('train')
  .description('train a character model on a UTF-8 text file; Ctrl+C saves a checkpoint')
  .argument('<file>', 'the text')
  .addOption(new Option('--kind <kind>', 'the network').choices([...KINDS]).default('lstm'))
  .option('--hidden <n>', 'hidden units per layer', count(1), 256)
  .option('--layers <n>', 'layers', count(1), 1)
  .option('--embedding <n>', 'size of a character vector', count(1), 64)
  .option('--dropout <p>', 'dropout between layers', number(0, 1), 0)
  .option('--length <n>', 'characters per training step', count(1), 64)
  .option('--batch <n>', 'rows of text read side by side', count(1), 16)
  .option('--epochs <n>', 'passes over the text', count(1), 1)
  .option('--lr <x>', 'learning rate at the start; falls linearly to 0', number(0), 7e-3)
  .option('--clip <x>', 'largest norm of the gradients', number(0), 1)
  .option('--validation <share>', 'share of the text, at its end, held out to measure', number(0, 0.9), 0.1)
  .option('--seed <n>', 'seed of all random numbers', count(0), 0)
  .option('--out <file>', 'the checkpoint to write', 'model.safetensors')
  .option('--resume <checkpoint>', 'continue a run: model and settings come from the checkpoint')
  .action(async (file, options) => {
    exitCode = await train(file, options);
  });

program
  .command('generate')
  .description('write text with a trained model')
  .argument('<model>', 'a checkpoint of gated train')
  .option('--prompt <text>', 'how the text begins (default: a new line)')
  .option('--length <n>', 'characters to write', count(1), 500)
  .option('--temperature <x>', '0 takes the likeliest, 1 samples as learned, more is wilder', number(0), 0.8)
  .option('--top-k <k>', 'sample among the k likeliest only; 0 = all', count(0), 0)
  .option('--seed <n>', 'seed of the sampling; absent: another text each time', count(0))
  .action((file, options) => {
    exitCode = generate(file, options);
  });

program
  .command('inspect')
  .description('show what is in a .safetensors or .onnx file')
  .argument('<file>', 'a checkpoint, any .safetensors file, or an .onnx model')
  .action((file) => {
    exitCode = file.toLowerCase().endsWith('.onnx') ? inspectOnnx(file) : inspect(file);
  });

const list = (value: string, before: string[] = []) => [...before, value];
program
  .command('run')
  .description('run an .onnx model on arrays from files')
  .argument('<model>', 'an .onnx file; gated inspect shows what it takes')
  .option('--input <[name=]file[:tensor]>', '.npy, .safetensors, .json or .wav; once for each input', list)
  .option('--output <file>', 'where the outputs go: .npy (one), .safetensors or .json')
  .option('--state <input=output>', 'an output that is the input of the next step (default: guessed)', list)
  .option('--frame <n>', 'samples of a .wav file in each step (default: what the model says)', count(1))
  .option('--context <n>', 'samples of the step before that come again in front of them', count(0), 0)
  .addHelpText(
    'after',
    `
A model with states runs step by step: a .wav file is cut into frames, and an input of one dimension more than the
model's gives a part to each step. States begin at zero.

Examples:
  gated run classifier.onnx --input x.npy
  gated run denoiser.onnx --input mag=frames.safetensors:mag --output mask.npy
  gated run silero_vad.onnx --input speech.wav --frame 512 --context 64 --output speech.json
`,
  )
  .action((file, options) => {
    exitCode = run(file, { input: [], state: [], ...options });
  });

program
  .command('bench')
  .description('measure gated against pure JavaScript, in turn, on this machine')
  .option('--rounds <n>', 'alternating rounds per case', count(1), 5)
  .option('--json', 'print JSON')
  .action((options) => {
    exitCode = bench(options);
  });

program
  .command('demo')
  .description('vanishing gradients, an LSTM that learns text, save and stream, speed: about a minute')
  .option('--file <file>', "the text to learn (default: gated's own source)")
  .option('--quick', 'a few seconds: fewer steps, for tests')
  .action(async (options) => {
    exitCode = await demo(options);
  });

/** A reader that closed the pipe (head, less) is no error. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

try {
  await program.parseAsync();
  process.exitCode = exitCode;
} catch (error) {
  if (!(error instanceof CliError) && !(error instanceof GatedError)) throw error;
  console.error(`${errorStyle.red('gated:')} ${error.message}`);
  process.exitCode = error instanceof CliError ? error.exitCode : 1;
}
