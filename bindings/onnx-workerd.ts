// See workerd.ts.
// @ts-expect-error resolved by the consumer's bundler or by workerd itself; beside this file in dist/
import onnx from '../wasm/onnx.wasm';

export const onnxBuild = (): WebAssembly.Module => onnx;
