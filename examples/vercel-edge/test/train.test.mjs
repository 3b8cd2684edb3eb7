import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createClassifier, lettersOf } from '../src/classifier.js';

test('npm run train makes a model', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'language-'));
  try {
    const path = join(folder, 'weights.mjs');
    // It fails by itself when the model has not learned.
    execFileSync(process.execPath, [fileURLToPath(new URL('../train.mjs', import.meta.url)), path]);
    const { weights } = await import(pathToFileURL(path));
    const [probabilities] = createClassifier(Buffer.from(weights, 'base64'))([lettersOf('Freundschaft')]);
    assert.equal(probabilities.indexOf(Math.max(...probabilities)), 1);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
