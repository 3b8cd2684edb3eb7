// What `gated train` writes and the other commands read: a checkpoint (train/checkpoint.ts) that also describes the model.
import { GatedError } from '../errors.js';
import { load } from '../formats/safetensors.js';
import type { TensorFile } from '../weights/tensor-file.js';
import { CharModel, type CharModelSpec, KINDS } from './char-model.js';
import { otherKind, SAFETENSORS } from './onnx/file-kind.js';
import { CliError } from './terminal/cli-error.js';
import { readBytes } from './terminal/files.js';

export function specMetadata(spec: CharModelSpec): Record<string, string> {
  return { model: JSON.stringify(spec) };
}

/** A safetensors file by path. */
export function readTensorFile(path: string, bytes: Uint8Array = readBytes(path)): TensorFile {
  try {
    return load(bytes);
  } catch (error) {
    if (!(error instanceof GatedError)) throw error;
    const other = otherKind(bytes, SAFETENSORS);
    throw new CliError(`${path} is not a readable safetensors file: ${other ?? error.message}`);
  }
}

/** The description a checkpoint carries. Throws CliError for files that `gated train` did not write. */
export function readSpec(file: TensorFile, path: string): CharModelSpec {
  const text = file.metadata.get('model');
  if (text === undefined) {
    throw new CliError(`${path} is a safetensors file, but not one that 'gated train' wrote: it describes no model`);
  }
  try {
    const spec = JSON.parse(text) as CharModelSpec;
    const sizes = [spec.hidden, spec.layers, spec.embedding];
    const valid =
      KINDS.includes(spec.kind) && sizes.every((n) => Number.isInteger(n) && n > 0) && Array.isArray(spec.vocabulary);
    if (valid) return spec;
  } catch {
    // falls through to the refusal
  }
  throw new CliError(`${path}: the description of its model is damaged`);
}

/** The trained model of a checkpoint. */
export function loadCharModel(path: string): { model: CharModel; spec: CharModelSpec } {
  const file = readTensorFile(path);
  const spec = readSpec(file, path);
  const weights = new Map(
    [...file].filter(([name]) => name.startsWith('model.')).map(([name, t]) => [name.slice(6), t]),
  );
  const model = new CharModel(spec);
  try {
    model.loadStateDict(weights);
  } catch (error) {
    model.dispose();
    throw error instanceof GatedError ? new CliError(`${path}: ${error.message}`) : error;
  }
  return { model, spec };
}
