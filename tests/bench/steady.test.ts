// A stream runs for ever: a million steps of a stack of layers leave JavaScript's heap and WebAssembly's memory as they were.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

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
