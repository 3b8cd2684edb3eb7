// gated inspect MODEL.onnx: what goes in and out, what is inside, and how to run it.
import { GatedError } from '../../errors.js';
import { guessStates } from '../onnx/states.js';
import { type Summary, summarize, typeOf } from '../onnx/summary.js';
import { CliError } from '../terminal/cli-error.js';
import { readBytes } from '../terminal/files.js';
import { formatBytes, formatCount } from '../terminal/format.js';
import { style } from '../terminal/screen.js';
import { table } from '../terminal/table.js';

export function inspectOnnx(path: string): number {
  const bytes = readBytes(path, 'model');
  const summary = summarized(bytes, path);
  const { producer, opset, inputs, outputs, parameters, operators, unsupported, metadata } = summary;
  const nodes = operators.reduce((sum, [, count]) => sum + count, 0);
  const by = producer ? ` by ${producer}` : '';
  console.log(`${path}: ONNX opset ${opset}${by}, ${nodes} nodes`);
  console.log(`${formatCount(parameters)} parameters, ${formatBytes(summary.bytes)}\n`);
  const states = guessStates(inputs, outputs);
  const outputsOf = Object.values(states);
  const rows = [
    ...inputs.map((info) => [
      'input',
      info.name,
      typeOf(info),
      states[info.name] ? `state ← ${states[info.name]}` : '',
    ]),
    ...outputs.map((info) => ['output', info.name, typeOf(info), outputsOf.includes(info.name) ? 'next state' : '']),
  ];
  const guessed = outputsOf.length > 0 ? 'guessed' : '';
  console.log(table(rows, { head: ['', 'name', 'type', guessed], align: ['left', 'left', 'left', 'left'] }));
  console.log(`\n${table(operators, { head: ['operator', 'nodes'], align: ['left', 'right'] })}`);
  if (metadata.length > 0)
    console.log(`\n${table(metadata.map(clipped), { head: ['metadata', ''], align: ['left', 'left'] })}`);
  if (unsupported.length > 0) {
    console.log(`\n${style.yellow('gated cannot run this model: it has no')}`);
    for (const [type, labels] of unsupported)
      console.log(`  ${type}: ${labels.slice(0, 5).join(', ')}${more(labels.length - 5)}`);
  } else console.log(`\nRun it:\n  ${runLine(path, summary, states)}`);
  return 0;
}

function summarized(bytes: Uint8Array, path: string): Summary {
  try {
    return summarize(bytes, path);
  } catch (error) {
    if (error instanceof GatedError) throw new CliError(error.message);
    throw error;
  }
}

function clipped([key, value]: [string, string]): [string, string] {
  const line = JSON.stringify(value).slice(1, -1);
  return [key, line.length > 100 ? `${line.slice(0, 97)}…` : line];
}

function more(count: number): string {
  return count > 0 ? ` and ${count} more` : '';
}

/** A command that fits: one --input for each input that is no state. */
function runLine(path: string, { inputs }: Summary, states: Record<string, string>): string {
  const fed = inputs.filter(({ name }) => !states[name]);
  const feeds = fed.length === 1 ? ['--input x.npy'] : fed.map(({ name }) => `--input ${name}=${name}.npy`);
  const kept = Object.entries(states).map(([from, to]) => `--state ${from}=${to}`);
  return ['gated run', path, ...feeds, ...kept].join(' ');
}
