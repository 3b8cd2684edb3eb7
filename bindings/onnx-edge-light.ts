// See edge-light.ts.
// @ts-expect-error resolved by the consumer's bundler; beside this file in dist/
import onnx from '../wasm/onnx.wasm?module';

export const onnxBuild = (): WebAssembly.Module => onnx;
