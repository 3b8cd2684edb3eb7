// The `gated` command as a process: what people type, what they see, what they get for their mistakes.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { load } from '../../src/formats/safetensors.js';

const MAIN = new URL('../../dist/cli/main.js', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'gated-cli-'));
const at = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function gated(...args: string[]) {
  const run = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8', cwd: folder });
  return { status: run.status, out: run.stdout, err: run.stderr };
}
/** A user's mistake: exit code, one line that names it, no stack trace. */
function expectMistake(run: ReturnType<typeof gated>, pattern: RegExp): void {
  expect(run.err).toMatch(pattern);
  expect(run.err).not.toMatch(/\n\s+at /);
  expect(run.status).toBe(1);
}

const SMALL = ['--hidden', '24', '--embedding', '8', '--length', '16', '--batch', '4'];
beforeAll(() => {
  const words = ['the cat sat', 'the dog ran', 'a bird sang', 'the cat ran'];
  writeFileSync(at('text.txt'), Array.from({ length: 500 }, (_, i) => words[(i * i) % 4]).join('\n'));
  const run = gated('train', 'text.txt', ...SMALL, '--epochs', '2', '--seed', '5', '--out', 'model.safetensors');
  expect(run.err).not.toMatch(/gated:/);
  expect(run.status).toBe(0);
});

describe('help', () => {
  test('gated --help lists the commands', () => {
    const { status, out } = gated('--help');
    expect(status).toBe(0);
    for (const command of ['train', 'generate', 'inspect', 'bench', 'demo']) expect(out).toContain(command);
  });
  test.each(['train', 'generate', 'inspect', 'bench', 'demo'])('gated %s --help explains its options', (command) => {
    const { status, out } = gated(command, '--help');
    expect(status).toBe(0);
    expect(out).toMatch(/Usage: gated /);
  });
  test('no command shows the help and fails; --version prints the version', () => {
    expect(gated().status).toBe(1);
    expect(gated('--version').out.trim()).toBe(
      JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version,
    );
  });
});

describe('train', () => {
  test('a pipe sees plain lines: no control codes, progress on stderr, results on stdout', () => {
    const run = gated('train', 'text.txt', ...SMALL, '--out', 'plain.safetensors');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
    expect(run.out + run.err).not.toMatch(/[\x1b\r]/);
    expect(run.err).toMatch(/epoch 1\/1, loss \d/);
    expect(run.err).toMatch(/ppl .*chars\/s/);
    expect(run.out).toMatch(/epoch 1: loss \d\.\d+ {2}validation \d\.\d+/);
  });
  test('writes a checkpoint that says what it is', () => {
    const file = load(readFileSync(at('model.safetensors')));
    expect(JSON.parse(file.metadata.get('model') as string)).toMatchObject({ kind: 'lstm', hidden: 24 });
    expect(file.get('model.rnn.weight_hh_l0')?.shape).toEqual([96, 24]);
  });
  test.each(['rnn', 'gru'])('--kind %s trains too', (kind) => {
    expect(gated('train', 'text.txt', ...SMALL, '--kind', kind, '--out', `${kind}.safetensors`).status).toBe(0);
    expect(gated('generate', `${kind}.safetensors`, '--length', '5', '--seed', '1').status).toBe(0);
  });
  test('SIGINT saves a checkpoint; resuming gives the weights of an unbroken run', async () => {
    const args = ['train', 'text.txt', ...SMALL, '--layers', '2', '--dropout', '0.3', '--epochs', '60', '--seed', '9'];
    expect(gated(...args, '--out', 'whole.safetensors').status).toBe(0);
    const child = spawn(process.execPath, [MAIN, ...args, '--out', 'broken.safetensors'], { cwd: folder });
    const out = await interrupted(child, at('broken.safetensors'));
    expect(out.status).toBe(130);
    expect(out.text).toMatch(/stopped; everything so far is in broken\.safetensors.*--resume/);
    const before = JSON.parse(load(readFileSync(at('broken.safetensors'))).metadata.get('position') as string);
    expect(before.epoch).toBeLessThan(60);
    const resumed = gated('train', 'text.txt', '--resume', 'broken.safetensors', '--out', 'resumed.safetensors');
    expect(resumed.status).toBe(0);
    const [a, b] = ['whole.safetensors', 'resumed.safetensors'].map((name) => readFileSync(at(name)));
    expect(b.equals(a)).toBe(true);
  });
  test('a resume with another text is refused', () => {
    writeFileSync(at('other.txt'), 'something else entirely '.repeat(100));
    expectMistake(
      gated('train', 'other.txt', '--resume', 'model.safetensors', '--out', 'x.safetensors'),
      /is not the text/,
    );
  });
});

/** Sends SIGINT once training is under way: the first checkpoint, after 500 of some 6,000 steps, is there. */
function interrupted(child: ChildProcess, checkpoint: string): Promise<{ status: number | null; text: string }> {
  return new Promise((resolve) => {
    let text = '';
    child.stdout?.on('data', (chunk) => {
      text += chunk;
    });
    const watch = setInterval(() => {
      if (!existsSync(checkpoint)) return;
      clearInterval(watch);
      child.kill('SIGINT');
    }, 5);
    child.on('close', (status) => {
      clearInterval(watch);
      resolve({ status, text });
    });
  });
}

describe('mistakes', () => {
  test('a missing file', () => expectMistake(gated('train', 'nowhere.txt'), /cannot read file nowhere\.txt/));
  test('a folder in place of a file', () =>
    expectMistake(gated('inspect', '.'), /cannot read file \.: it is a directory/));
  test('a text of 3 characters', () => {
    writeFileSync(at('tiny.txt'), 'abc');
    expectMistake(gated('train', 'tiny.txt'), /tiny\.txt has 3 characters.*expected at least 17 for --batch 16/);
  });
  test('a text that is not UTF-8', () => {
    writeFileSync(at('latin.txt'), Uint8Array.of(0x66, 0xfc, 0x72));
    expectMistake(gated('train', 'latin.txt'), /not UTF-8/);
  });
  test('an unwritable output is refused before training', () => {
    mkdirSync(at('closed'), { recursive: true });
    chmodSync(at('closed'), 0o500);
    expectMistake(
      gated('train', 'text.txt', '--out', 'nowhere/model.safetensors'),
      /cannot write nowhere\/model\.safetensors/,
    );
    expectMistake(gated('train', 'text.txt', '--out', 'closed'), /cannot write closed: it is a directory/);
    expect(existsSync(at('nowhere'))).toBe(false);
  });
  test('options out of range and unknown ones', () => {
    expectMistake(gated('train', 'text.txt', '--hidden', '0'), /--hidden.*Expected a whole number of at least 1/s);
    expectMistake(gated('train', 'text.txt', '--kind', 'elman'), /Allowed choices are rnn, lstm, gru/);
    expectMistake(gated('train', 'text.txt', '--hiden', '5'), /unknown option '--hiden'/);
    expectMistake(gated('fly'), /unknown command 'fly'/);
  });
  test('a truncated, a lying and a foreign model file', () => {
    const bytes = readFileSync(at('model.safetensors'));
    writeFileSync(at('cut.safetensors'), bytes.subarray(0, bytes.length - 100));
    expectMistake(gated('generate', 'cut.safetensors'), /cut\.safetensors is not a readable safetensors file/);
    const lying = Uint8Array.from(bytes);
    lying[0] = 255;
    lying[5] = 255;
    writeFileSync(at('lying.safetensors'), lying);
    expectMistake(gated('inspect', 'lying.safetensors'), /not a readable safetensors file/);
    expectMistake(gated('generate', 'text.txt'), /not a readable safetensors file/);
  });
  test('a prompt the model cannot read, and an empty one', () => {
    expectMistake(gated('generate', 'model.safetensors', '--prompt', 'Ω'), /never seen "Ω"/);
    expectMistake(gated('generate', 'model.safetensors', '--prompt', ''), /prompt is empty/);
  });
});

describe('generate and inspect', () => {
  test('the same seed writes the same text; temperature 0 and top-k 1 agree', () => {
    const write = (...more: string[]) =>
      gated('generate', 'model.safetensors', '--prompt', 'the ', '--length', '60', ...more);
    expect(write('--seed', '3').out).toBe(write('--seed', '3').out);
    expect(write('--seed', '3').out).not.toBe(write('--seed', '4').out);
    expect(write('--temperature', '0').out).toBe(write('--top-k', '1', '--seed', '7').out);
    expect(write('--seed', '3').out).toMatch(/^the /);
    expect(write('--seed', '3').out.length).toBe(65);
  });
  test('it has learned words', () => {
    expect(
      gated('generate', 'model.safetensors', '--prompt', 'the ', '--length', '200', '--temperature', '0').out,
    ).toMatch(/cat|dog|bird|sat|ran/);
  });
  test('inspect shows model, progress and tensors', () => {
    const { status, out } = gated('inspect', 'model.safetensors');
    expect(status).toBe(0);
    expect(out).toMatch(/character model: lstm, 1 × 24 units/);
    expect(out).toMatch(/model\.rnn\.weight_ih_l0 +F32 +96 × 8/);
    expect(out).toMatch(/2 whole epochs/);
  });
});

describe('bench and demo', () => {
  test('bench --json: gated and pure JavaScript agree', () => {
    const { status, out } = gated('bench', '--rounds', '1', '--json');
    expect(status).toBe(0);
    for (const { difference } of JSON.parse(out).results) expect(difference).toBeLessThan(1e-5);
  });
  test('demo --quick shows its four parts', () => {
    const { status, out } = gated('demo', '--quick', '--file', 'text.txt');
    expect(status).toBe(0);
    expect(out).toMatch(/steps back/);
    expect(out).toMatch(/every logit has the same bits/);
    expect(out).toMatch(/LSTM, one step at a time/);
  });
});
