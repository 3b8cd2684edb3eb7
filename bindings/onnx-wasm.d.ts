/** What the onnx files of bindings/ export, and what package.json maps `#onnx-wasm` to: a compiled module or its bytes. */
export declare const onnxBuild: () => WebAssembly.Module | Uint8Array<ArrayBuffer>;
