// A stream runs for ever: a million steps of a stack of layers, or thousands of a VAD, leave JavaScript's heap and WebAssembly's memory
// as they were, and nothing for the garbage collector.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
// @ts-expect-error a script without types
import { modelPath } from '../../bench/models.mjs';

const child = fileURLToPath(new URL('steady.mjs', import.meta.url));
const silero = modelPath('silero_vad_v6/silero_vad.onnx');

/** What is in dist/, in a process of its own: the heap of a test's process never rests. */
function expectSteady(...args: string[]): void {
  const run = spawnSync(process.execPath, ['--expose-gc', child, ...args], { encoding: 'utf8' });
  expect(run.stderr).toBe('');
  const { heap, memory, live, garbage, output } = JSON.parse(run.stdout);
  expect(Number.isFinite(output)).toBe(true);
  expect(heap).toBeLessThan(1000);
  expect(memory).toBe(0);
  expect(live).toBe(0);
  // Bytes a step: an object is 16 at least.
  expect(garbage).toBeLessThan(2);
}

test.each(['lstm', 'gru'])('a million steps of a stack with %s', (kind) => expectSteady(kind, '1000000'));
test.skipIf(!existsSync(silero))('forty thousand steps of Silero VAD', () => expectSteady('silero', '40000', silero));
