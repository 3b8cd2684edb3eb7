// Compiles and instantiates the wasm builds at first use. The only file that imports `#wasm`.
import { builds } from '#wasm';
import { UnsupportedError } from '../errors.js';
import type { Kernels } from './kernels.js';
import { linearMemory, requireWebAssembly } from './memory.js';

export type BuildName = 'baseline' | 'relaxed';

export interface EngineInfo {
  /** The build in use: 'relaxed' is faster and may differ in the last bits, 'baseline' gives the same bits everywhere. */
  build: BuildName;
  /** Whether this JavaScript engine accepts the relaxed-SIMD build. */
  relaxedAvailable: boolean;
  deterministic: boolean;
}

let current: Kernels | null = null;
let deterministic = false;
const instances: { baseline?: Kernels; relaxed?: Kernels | null } = {};

/** The kernels of the build in use. Throws UnsupportedError where WebAssembly SIMD is missing or forbidden. */
export function kernels(): Kernels {
  return current ?? (current = choose());
}

/** Which build runs, and which could. */
export function engineInfo(): EngineInfo {
  kernels();
  return {
    build: current === instances.relaxed ? 'relaxed' : 'baseline',
    relaxedAvailable: relaxedBuild() !== null,
    deterministic,
  };
}

/**
 * true pins the baseline build: the same bits on every runtime and CPU. false (the default) uses relaxed SIMD where there is some.
 * May be called at any time; both builds share memory and packed layouts.
 */
export function setDeterministic(on: boolean): void {
  deterministic = on;
  current = null;
}

function choose(): Kernels {
  const relaxed = deterministic ? null : relaxedBuild();
  return relaxed ?? (instances.baseline ??= baselineBuild());
}

function baselineBuild(): Kernels {
  const source = attempt(() => builds.baseline());
  if (source === null) {
    const missing = deterministic ? 'the baseline build, which setDeterministic(true) needs' : 'the kernels';
    throw new UnsupportedError(`gated/core: ${missing}: not given; expected useWasm(moduleOrBytes) before first use`);
  }
  return instantiate<Kernels>(source);
}

/** Some engines accept a small probe and refuse other relaxed operations, so the real module is validated. */
function relaxedBuild(): Kernels | null {
  if (instances.relaxed !== undefined) return instances.relaxed;
  const source = attempt(() => builds.relaxed());
  if (source === null) return null;
  if (source instanceof Uint8Array && !WebAssembly.validate(source)) return (instances.relaxed = null);
  return (instances.relaxed = instantiate<Kernels>(source));
}

/** An instance of a module, compiled or as bytes, on gated's memory. */
export function instantiate<T>(source: WebAssembly.Module | Uint8Array<ArrayBuffer>): T {
  return attempt(() => {
    const module = source instanceof Uint8Array ? new WebAssembly.Module(source) : source;
    const instance = new WebAssembly.Instance(module, { env: { memory: linearMemory() } });
    return instance.exports as unknown as T;
  });
}

/** Runs what needs WebAssembly: the builds, and the unpacking of the builds. */
export function attempt<T>(compile: () => T): T {
  requireWebAssembly();
  try {
    return compile();
  } catch (cause) {
    throw new UnsupportedError(
      'gated: this JavaScript engine refuses the WebAssembly module; it needs 128-bit SIMD (Node >= 20, Chrome >= 114, ' +
        `Safari >= 16.4) and, under a Content-Security-Policy, 'wasm-unsafe-eval': ${String(cause)}`,
      { cause },
    );
  }
}
