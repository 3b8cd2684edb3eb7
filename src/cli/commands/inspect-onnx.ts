// gated inspect MODEL.onnx: what goes in and out, what is inside, and how to run it.
import { GatedError } from '../../errors.js';
import { load } from '../../onnx/index.js';
import { rateInput } from '../onnx/feeding.js';
import { ONNX, otherKind } from '../onnx/file-kind.js';
import { type Summary, summarize, typeOf } from '../onnx/summary.js';
import { CliError } from '../terminal/cli-error.js';
import { formatBytes, formatCount, printable } from '../terminal/format.js';
import { style } from '../terminal/screen.js';
import { table } from '../terminal/table.js';

export function inspectOnnx(path: string, bytes: Uint8Array): number {
  const summary = summarized(bytes, path);
  const { producer, opset, parameters, operators, metadata } = summary;
  const nodes = operators.reduce((sum, [, count]) => sum + count, 0);
  const by = producer ? ` by ${printable(producer)}` : '';
  const plural = (n: number, what: string) => `${formatCount(n)} ${what}${n === 1 ? '' : 's'}`;
  console.log(`${path}: ONNX, opset ${opset}${by}`);
  console.log(`${plural(nodes, 'node')}, ${plural(parameters, 'parameter')}, ${formatBytes(summary.bytes)}\n`);
  console.log(inputsAndOutputs(summary));
  const rows = operators.map(([type, count]) => [printable(type), count]);
  console.log(`\n${table(rows, { head: ['operator', 'nodes'], align: ['left', 'right'] })}`);
  if (metadata.length > 0)
    console.log(`\n${table(metadata.map(clipped), { head: ['metadata', ''], align: ['left', 'left'] })}`);
  const refusal = whyNot(bytes, summary);
  console.log(refusal ? `\n${style.yellow(refusal)}` : `\nTo run it:\n  ${runLine(path, summary)}`);
  return 0;
}

function summarized(bytes: Uint8Array, path: string): Summary {
  try {
    return summarize(bytes, path);
  } catch (error) {
    if (!(error instanceof GatedError)) throw error;
    const other = otherKind(bytes, ONNX);
    throw new CliError(other ? `${path}: ${other}; expected ${ONNX}` : error.message);
  }
}

function inputsAndOutputs({ inputs, outputs, states }: Summary): string {
  const next = Object.values(states);
  const rows = [
    ...inputs.map((info) => [
      'input',
      printable(info.name),
      typeOf(info),
      states[info.name] ? `← ${states[info.name]}` : '',
    ]),
    ...outputs.map((info) => ['output', printable(info.name), typeOf(info), '']),
  ];
  const head = ['', 'name', 'type', next.length > 0 ? 'state (guessed)' : ''];
  return table(
    rows.map((row) => row.map(printable)),
    { head, align: ['left', 'left', 'left', 'left'] },
  );
}

function clipped([key, value]: [string, string]): [string, string] {
  const line = printable(JSON.stringify(value).slice(1, -1));
  return [printable(key), line.length > 100 ? `${line.slice(0, 97)}…` : line];
}

/** null where gated runs the model; operators in nodes that lead to no output do not matter. */
function whyNot(bytes: Uint8Array, { unsupported }: Summary): string | null {
  try {
    load(bytes).dispose();
    return null;
  } catch (error) {
    if (!(error instanceof GatedError)) throw error;
    if (!/has no operators/.test(error.message))
      return `gated cannot run this model: ${printable(error.message.replace(/^onnx\.load: /, ''))}`;
  }
  const lines = unsupported.map(([type, labels]) => {
    const more = labels.length > 5 ? ` and ${labels.length - 5} more` : '';
    return `  ${printable(type)}: ${printable(labels.slice(0, 5).join(', '))}${more}`;
  });
  return ['gated cannot run this model: it has no', ...lines].join('\n');
}

/** A command that fits: one --input for each input that is no state, a sound where the model asks for a sample rate. */
function runLine(path: string, { inputs, states }: Summary): string {
  const rate = rateInput(inputs);
  const fed = inputs.filter((info) => !states[info.name] && info !== rate);
  const file = (name: string) => (rate && fed[0].name === name ? 'speech.wav' : `${name.replace(/[^\w.-]/g, '_')}.npy`);
  const feeds =
    fed.length === 1 ? [`--input ${file(fed[0].name)}`] : fed.map(({ name }) => `--input ${name}=${file(name)}`);
  const last = fed[0]?.shape?.at(-1);
  const frame = rate && Object.keys(states).length > 0 && typeof last !== 'number' ? ['--frame 512'] : [];
  const line = printable(['gated run', path, ...feeds, ...frame].join(' '));
  return frame.length > 0 ? `${line}\n(--frame: samples of one step, as the model's makers say)` : line;
}
