/** What every file of bindings/ exports, and what package.json maps `#wasm` to. */
export interface WasmBuilds {
  /** The simd128 build: a compiled module or its bytes. */
  baseline(): WebAssembly.Module | Uint8Array<ArrayBuffer>;
  /** The relaxed-SIMD build, or null where this binding ships none. */
  relaxed(): WebAssembly.Module | Uint8Array<ArrayBuffer> | null;
}
export declare const builds: WasmBuilds;
