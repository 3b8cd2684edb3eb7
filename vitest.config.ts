import { readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

// Every test of the library runs once per wasm build this Node has: 'baseline' always, 'relaxed' where the module validates.
// Tests of the kernels themselves (tests/assembly) and of what has no kernels run once and choose builds on their own.
const relaxed = WebAssembly.validate(readFileSync(new URL('build/relaxed.wasm', import.meta.url)));
const once = [
  'tests/assembly/**/*.test.ts',
  'tests/reference/**/*.test.ts',
  'tests/formats/**/*.test.ts',
  'tests/package/**/*.test.ts',
  'tests/bench/**/*.test.ts',
  'tests/cli/**/*.test.ts',
];
const shared = { testTimeout: 180_000, hookTimeout: 180_000 };
const { version } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
// An object for each project: Vitest takes the names out of the one it gets.
const define = () => ({ __VERSION__: JSON.stringify(version) });
const library = (build: string) => ({
  define: define(),
  test: {
    ...shared,
    name: build,
    include: ['tests/**/*.test.ts'],
    exclude: once,
    setupFiles: ['tests/setup.ts'],
    env: { GATED_BUILD: build },
  },
});

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      { define: define(), test: { ...shared, name: 'once', include: once } },
      library('baseline'),
      ...(relaxed ? [library('relaxed')] : []),
    ],
  },
});
