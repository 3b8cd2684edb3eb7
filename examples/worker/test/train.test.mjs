import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createForecaster } from '../src/forecaster.js';

test('npm run train makes a model that forecasts', () => {
  const folder = mkdtempSync(join(tmpdir(), 'forecaster-'));
  try {
    const path = join(folder, 'new.safetensors');
    execFileSync(process.execPath, [fileURLToPath(new URL('../train.mjs', import.meta.url)), path]);
    const ahead = createForecaster(readFileSync(path))([0, 1, 0, -1, 0, 1, 0, -1, 0, 1, 0, -1, 0, 1, 0, -1], 24);
    assert.equal(ahead.length, 24);
    assert.ok(ahead.every(Number.isFinite));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a damaged file is refused by name', () => {
  const bytes = readFileSync(new URL('../model/forecaster.safetensors', import.meta.url));
  assert.throws(() => createForecaster(bytes.subarray(0, bytes.length - 1)), { name: 'FormatError' });
});
