// Instantiates the wasm builds directly, without the engine, with guard bytes around every buffer.
import { readFileSync } from 'node:fs';
import { demangle } from '@assemblyscript/loader';
import type { Kernels, Ptr } from '../../src/engine/kernels.js';

export type BuildName = 'baseline' | 'relaxed' | 'debug' | 'onnx';

const GUARD_WORDS = 16;
/** A NaN with a payload of its own: a read past the end poisons the result, a write past the end changes the bits. */
const POISON = 0x7fc0dead;

export class Build {
  readonly memory = new WebAssembly.Memory({ initial: 1 });
  readonly kernels: Kernels;
  private top = 65536;
  private guards: number[] = [];

  constructor(readonly name: BuildName) {
    const bytes = readFileSync(new URL(`../../build/${name}.wasm`, import.meta.url));
    const abort = (message: number, file: number, line: number) => {
      throw new Error(`assertion failed: ${this.text(message)} at ${this.text(file)}:${line}`);
    };
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory: this.memory, abort } });
    this.kernels = demangle<Record<string, unknown>>(instance.exports as never, {} as never) as unknown as Kernels;
  }

  /** Frees everything and starts over. */
  reset(): void {
    this.top = 65536;
    this.guards = [];
  }
  /** A buffer of `words` 4-byte elements filled with poison, guards on both sides, deliberately only 4-byte aligned. */
  allocate(words: number): Ptr {
    const pointer = this.top + GUARD_WORDS * 4;
    this.top = pointer + (words + GUARD_WORDS + 1) * 4;
    const missing = this.top + 65536 - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / 65536));
    new Uint32Array(this.memory.buffer, pointer - GUARD_WORDS * 4, words + 2 * GUARD_WORDS).fill(POISON);
    this.guards.push(pointer, words);
    return pointer;
  }
  floats(values: ArrayLike<number>): Ptr {
    const pointer = this.allocate(values.length);
    new Float32Array(this.memory.buffer, pointer, values.length).set(values);
    return pointer;
  }
  ints(values: ArrayLike<number>): Ptr {
    const pointer = this.allocate(values.length);
    new Int32Array(this.memory.buffer, pointer, values.length).set(values);
    return pointer;
  }
  /** A copy of the floats at a pointer. */
  readFloats(pointer: Ptr, length: number): Float32Array {
    return new Float32Array(this.memory.buffer, pointer, length).slice();
  }
  readInts(pointer: Ptr, length: number): Int32Array {
    return new Int32Array(this.memory.buffer, pointer, length).slice();
  }
  /** Throws if any guard word around any buffer was written. */
  checkGuards(): void {
    const words = new Uint32Array(this.memory.buffer);
    for (let i = 0; i < this.guards.length; i += 2) {
      const start = this.guards[i] / 4;
      const end = start + this.guards[i + 1];
      for (let g = 1; g <= GUARD_WORDS; g++) {
        if (words[start - g] !== POISON) throw new Error(`buffer ${i / 2}: wrote ${g} words before its start`);
        if (words[end + g - 1] !== POISON) throw new Error(`buffer ${i / 2}: wrote ${g} words past its end`);
      }
    }
  }
  private text(pointer: number): string {
    if (pointer === 0) return '(no message)';
    const length = new Uint32Array(this.memory.buffer)[(pointer - 4) >>> 2] >>> 1;
    return String.fromCharCode(...new Uint16Array(this.memory.buffer, pointer, length));
  }
}

/** Every build this Node can run: debug and baseline always, relaxed where the engine accepts the module. */
export function availableBuilds(): Build[] {
  const relaxed = readFileSync(new URL('../../build/relaxed.wasm', import.meta.url));
  const names: BuildName[] = WebAssembly.validate(relaxed) ? ['debug', 'baseline', 'relaxed'] : ['debug', 'baseline'];
  return names.map((name) => new Build(name));
}
