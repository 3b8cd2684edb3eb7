import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createRecognizer } from '../src/recognizer.js';

test('npm run train makes a model', () => {
  const folder = mkdtempSync(join(tmpdir(), 'recognizer-'));
  try {
    const path = join(folder, 'new.safetensors');
    // It fails by itself when the model has not learned.
    execFileSync(process.execPath, [fileURLToPath(new URL('../train.mjs', import.meta.url)), path]);
    const { scores, state } = createRecognizer(readFileSync(path)).step(null, [0, 1, 0]);
    assert.equal(scores.length, 4);
    assert.equal(state.length, 584);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
