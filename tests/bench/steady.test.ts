// A stream runs for ever: a million steps of a stack of layers leave JavaScript's heap and WebAssembly's memory as they were.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const child = fileURLToPath(new URL('steady.mjs', import.meta.url));

// What is in dist/, in a process of its own: the heap of a test's process never rests.
test.each(['lstm', 'gru'])('a million steps of a stack with %s', (kind) => {
  const run = spawnSync(process.execPath, ['--expose-gc', child, kind, '1000000'], { encoding: 'utf8' });
  expect(run.stderr).toBe('');
  const { heap, memory, live, output } = JSON.parse(run.stdout);
  expect(Number.isFinite(output)).toBe(true);
  expect(heap).toBeLessThan(1000);
  expect(memory).toBe(0);
  expect(live).toBe(0);
});

const onnxChild = fileURLToPath(new URL('steady-onnx.mjs', import.meta.url));
const models = process.env.GATED_MODELS ?? fileURLToPath(new URL('../../../shared/models', import.meta.url));

/** Bytes of each memory that a step of gated/onnx takes, as it does in the long run. */
function onnxStep(...args: string[]) {
  const options = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64'];
  const env = { ...process.env, GATED_MODELS: models };
  const run = spawnSync(process.execPath, [...options, onnxChild, ...args], { encoding: 'utf8', env });
  expect(run.stderr).toBe('');
  return JSON.parse(run.stdout);
}

describe("a step of gated/onnx's stream allocates nothing", () => {
  test.each(['lstm', 'gru'])('%s of our own', (name) => {
    const { heap, memory, live } = onnxStep(name);
    expect(heap).toBeLessThan(1);
    expect(memory).toBe(0);
    expect(live).toBe(0);
  });
  test.skipIf(!existsSync(models)).each(['silero', 'dtln'])('%s', (name) => {
    const { heap, memory, live } = onnxStep(name);
    expect(heap).toBeLessThan(1);
    expect(memory).toBe(0);
    expect(live).toBe(0);
  });
  test('and the measure sees an object a step', () => expect(onnxStep('gru', 'fresh').heap).toBeGreaterThan(12));
});
