// The second module, instantiated at first use on the engine's memory. The only file that imports `#onnx-wasm`.
import { onnxBuild } from '#onnx-wasm';
import { attempt, instantiate } from '../engine/engine.js';
import type { OnnxKernels } from './kernels.js';

let instance: OnnxKernels | null = null;

/** Throws UnsupportedError where WebAssembly SIMD is missing or forbidden. */
export function onnxKernels(): OnnxKernels {
  return (instance ??= instantiate<OnnxKernels>(attempt(onnxBuild)));
}
