// gated/core has no wasm inside: useWasm() gives it, and bindings/external.ts hands it on to the engine.
import { UnsupportedError, ValueError } from '../errors.js';

/** Written into each wasm file's custom section 'gated' by scripts/build.mjs, as 'baseline 0.1.0'. */
declare const __VERSION__: string;

const given: { baseline?: WebAssembly.Module; relaxed?: WebAssembly.Module } = {};
let started = false;

/**
 * Gives gated/core its kernels: `gated/baseline.wasm` or `gated/relaxed.wasm`, as a compiled module or as bytes. Call it before anything
 * else of gated runs; a second call adds the other build, and the faster one is used unless setDeterministic(true).
 * @throws UnsupportedError not gated's wasm, another version's, or one that this engine refuses; ValueError gated has already started.
 */
export function useWasm(source: WebAssembly.Module | BufferSource): void {
  if (started) throw new ValueError('useWasm: gated has already started; expected the call before its first use');
  const module = Object.prototype.toString.call(source) === '[object WebAssembly.Module]' ? source : compile(source);
  const [section] = WebAssembly.Module.customSections(module as WebAssembly.Module, 'gated');
  const label = section ? String.fromCharCode(...new Uint8Array(section)) : '';
  const [build, version] = label.split(' ');
  if ((build !== 'baseline' && build !== 'relaxed') || version !== __VERSION__)
    throw new UnsupportedError(`useWasm: got ${label || 'a foreign module'}; expected a build of gated ${__VERSION__}`);
  given[build] = module as WebAssembly.Module;
}

function compile(bytes: unknown): WebAssembly.Module {
  try {
    return new WebAssembly.Module(bytes as BufferSource);
  } catch (cause) {
    throw new UnsupportedError(`useWasm: this JavaScript engine does not compile the source: ${String(cause)}`, {
      cause,
    });
  }
}

/** The given build, at first use; from then on useWasm refuses, where it would otherwise do nothing. */
export function givenWasm(build: 'baseline' | 'relaxed'): WebAssembly.Module | null {
  started ||= given[build] !== undefined;
  return given[build] ?? null;
}
