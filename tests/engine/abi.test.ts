// kernels.ts against the binaries, and what the builds may touch.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CONVOLUTION_FIELDS, RECURRENT_FIELDS } from '../../src/engine/kernels.js';
import { SCRATCH } from '../../src/engine/memory.js';

const root = new URL('../../', import.meta.url);
const text = (path: string) => readFileSync(new URL(path, root), 'utf8');
const BUILDS = ['baseline', 'relaxed', 'debug'] as const;
const moduleOf = (build: string) => new WebAssembly.Module(readFileSync(new URL(`build/${build}.wasm`, root)));
const runnable = BUILDS.filter((build) => WebAssembly.validate(readFileSync(new URL(`build/${build}.wasm`, root))));

/** Methods of the …Kernels interfaces. */
const declared = [...text('src/engine/kernels.ts').matchAll(/interface \w+Kernels \{([\s\S]*?)\n\}/g)].flatMap(
  ([, body]) => [...body.matchAll(/^ {2}(\w+)\(/gm)].map(([, name]) => name),
);

test.each(runnable)('%s exports what kernels.ts declares, and nothing else', (build) => {
  const exported = WebAssembly.Module.exports(moduleOf(build)).map(({ name }) => name);
  expect(exported.sort()).toEqual([...declared].sort());
});

test.each(runnable)('%s imports env.memory and nothing else', (build) => {
  const imports = WebAssembly.Module.imports(moduleOf(build)).map(({ module, name }) => `${module}.${name}`);
  expect(imports).toEqual(build === 'debug' ? ['env.abort', 'env.memory'] : ['env.memory']);
});

test('the second module exports what onnx/kernels.ts declares, and imports the memory alone', () => {
  const [, body] = /interface OnnxKernels \{([\s\S]*?)\n\}/.exec(text('src/onnx/kernels.ts'))!;
  const names = [...body.matchAll(/^ {2}(\w+)\(/gm)].map(([, name]) => name);
  const module = moduleOf('onnx');
  expect(
    WebAssembly.Module.exports(module)
      .map(({ name }) => name)
      .sort(),
  ).toEqual(names.sort());
  expect(WebAssembly.Module.imports(module).map(({ module, name }) => `${module}.${name}`)).toEqual(['env.memory']);
});

test.each([
  ['RecurrentArgs', 'assembly/recurrent/args.ts', RECURRENT_FIELDS],
  ['ConvolutionArgs', 'assembly/convolution.ts', CONVOLUTION_FIELDS],
] as const)('%s has the fields that kernels.ts lists, four bytes each, in order', (name, file, listed) => {
  const body = new RegExp(`class ${name} \\{([\\s\\S]*?)\\n\\}`).exec(text(file))?.[1] ?? '';
  const fields = [...body.matchAll(/^ {2}(\w+): (\w+);/gm)];
  expect(fields.map(([, name]) => name)).toEqual([...listed]);
  expect(fields.every(([, , type]) => type === 'i32' || type === 'usize')).toBe(true);
});

describe('constant tables', () => {
  /** [begin, end) of the active data segments, read from the binary. */
  const tables = (build: string): [number, number] => {
    const bytes = readFileSync(new URL(`build/${build}.wasm`, root));
    let at = 8;
    const leb = () => {
      let value = 0;
      for (let shift = 0; ; shift += 7) {
        const byte = bytes[at++];
        value |= (byte & 127) << shift;
        if (byte < 128) return value;
      }
    };
    let [begin, end] = [Number.POSITIVE_INFINITY, 0];
    while (at < bytes.length) {
      const id = bytes[at++];
      const size = leb();
      const next = at + size;
      if (id === 11) {
        for (let left = leb(); left > 0; left--) {
          expect(leb()).toBe(0); // active, memory 0
          expect(bytes[at++]).toBe(0x41); // i32.const
          const offset = leb();
          expect(bytes[at++]).toBe(0x0b);
          const length = leb();
          at += length;
          begin = Math.min(begin, offset);
          end = Math.max(end, offset + length);
        }
      }
      at = next;
    }
    return [begin, end];
  };

  test('of the template of two builds, of the debug build and of the second module do not overlap and end below the scratch words', () => {
    expect(tables('relaxed')).toEqual(tables('baseline'));
    const ranges = ['baseline', 'debug', 'onnx'].map(tables).sort((a, b) => a[0] - b[0]);
    for (const [i, [begin, end]] of ranges.entries()) {
      expect(begin).toBeGreaterThanOrEqual(i === 0 ? 1024 : ranges[i - 1][1]);
      expect(end).toBeLessThanOrEqual(SCRATCH);
    }
  });
});
