// gated inspect FILE: what is in a safetensors file; an ONNX model goes on to inspect-onnx.ts.
import { sizeOf } from '../../shape.js';
import { readTensorFile } from '../model-file.js';
import { isOnnx } from '../onnx/file-kind.js';
import { readBytes } from '../terminal/files.js';
import { formatCount, printable } from '../terminal/format.js';
import { table } from '../terminal/table.js';
import { inspectOnnx } from './inspect-onnx.js';

export function inspect(path: string): number {
  const bytes = readBytes(path);
  if (isOnnx(bytes) || /\.onnx$/i.test(path)) return inspectOnnx(path, bytes);
  const file = readTensorFile(path, bytes);
  const tensors = [...file];
  const total = tensors.reduce((sum, [, { shape }]) => sum + sizeOf(shape), 0);
  console.log(`${path}: ${tensors.length} tensors, ${formatCount(total)} elements`);
  const description = describe(file.metadata.get('model'));
  if (description) console.log(description);
  const position = file.metadata.get('position');
  if (position) console.log(`training: ${progressOf(position)}`);
  if (tensors.length > 0) {
    const rows = tensors.map(([name, t]) => [
      printable(name),
      t.storedAs,
      t.shape.join(' × ') || 'scalar',
      formatCount(sizeOf(t.shape)),
    ]);
    console.log(
      `\n${table(rows, { head: ['tensor', 'type', 'shape', 'elements'], align: [undefined, undefined, 'left', 'right'] })}`,
    );
  }
  const rest = [...file.metadata].filter(([key]) => !OWN.includes(key));
  if (rest.length > 0)
    console.log(
      `\n${table(
        rest.map(([key, value]) => [printable(key), clip(value)]),
        { head: ['metadata', ''] },
      )}`,
    );
  return 0;
}

/** Metadata that a checkpoint carries for itself. */
const OWN = ['format', 'model', 'run', 'position', 'random', 'optimizer', 'state'];

function clip(text: string): string {
  const line = printable(JSON.stringify(text).slice(1, -1));
  return line.length > 100 ? `${line.slice(0, 97)}…` : line;
}

function describe(model: string | undefined): string | null {
  try {
    const { kind, layers, hidden, embedding, vocabulary } = JSON.parse(model ?? '');
    return `character model: ${kind}, ${layers} × ${hidden} units, embedding ${embedding}, ${vocabulary.length} characters`;
  } catch {
    return null;
  }
}

function progressOf(position: string): string {
  try {
    const { epoch, batch, step, history } = JSON.parse(position);
    const last = history.at(-1);
    const losses = last
      ? `; last epoch: loss ${last.loss.toFixed(4)}, validation ${last.validationLoss?.toFixed(4) ?? '–'}`
      : '';
    return `${step} steps, ${epoch} whole epochs and ${batch} steps${losses}`;
  } catch {
    return 'unreadable position';
  }
}
