// Trained models as cases (mode 'model'): where their files lie, ../shared/models or GATED_MODELS.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(fileURLToPath(new URL('..', import.meta.url)), process.env.GATED_MODELS ?? '../shared/models');
export const modelPath = (path) => resolve(root, path);
export const modelFile = ({ model }) => modelPath(model);
/** Whether the files of a case are here: those of any other mode need none. */
export const present = (spec) => spec.mode !== 'model' || existsSync(modelFile(spec));

/** The rows of `x`, each as an array of its own. */
export function framesOf({ data, shape: [steps, width] }) {
  return Array.from({ length: steps }, (_, t) => data.slice(t * width, (t + 1) * width));
}
