/** What every file of bindings/ exports, and what package.json maps `#wasm` to. */
export interface WasmBuilds {
  /** The simd128 build: a compiled module or its bytes; null where useWasm() has not given it. */
  baseline(): WebAssembly.Module | Uint8Array<ArrayBuffer> | null;
  /** The relaxed-SIMD build, or null where this binding ships none. */
  relaxed(): WebAssembly.Module | Uint8Array<ArrayBuffer> | null;
}
export declare const builds: WasmBuilds;
