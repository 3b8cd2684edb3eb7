// ONNX models with the weights of cases, for ONNX Runtime: made by opponents/onnx_models.py (python3-onnx), kept beside the cases' files.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { CASES } from './cases.mjs';
import { dataFile } from './truth.mjs';

export function makeOnnxModels(names, python, cases = CASES) {
  const inference = names.filter((name) => ['stream', 'forward'].includes(cases[name].mode));
  const works = inference.map((name) => ({ file: dataFile(name, cases), spec: cases[name] }));
  const script = fileURLToPath(new URL('opponents/onnx_models.py', import.meta.url));
  execFileSync(python, [script, JSON.stringify(works)], { stdio: ['ignore', 'ignore', 'inherit'] });
}
