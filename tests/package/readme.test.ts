// Every JavaScript snippet of the README runs as a reader would run it: as a file that imports 'gated' (the package's self-reference).
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';

const root = new URL('../../', import.meta.url).pathname;
const folder = `${root}build/readme`;
mkdirSync(folder, { recursive: true });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const readme = readFileSync(`${root}README.md`, 'utf8');
const snippets = [...readme.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code]) => code);

test('the README has snippets', () => expect(snippets.length).toBeGreaterThan(5));

test.each(snippets.map((code, i) => [i + 1, code.split('\n')[0], code] as const))(
  'snippet %i: %s',
  (i, _first, code) => {
    const file = `${folder}/snippet-${i}.mjs`;
    writeFileSync(file, code);
    const run = spawnSync(process.execPath, [file], { encoding: 'utf8' });
    expect(run.stderr).toBe('');
    expect(run.status).toBe(0);
    // What a comment after console.log promises must be what is printed.
    const promised = [...code.matchAll(/console\.log\(.*\); \/\/ (\[.*)$/gm)].map(([, text]) => text);
    for (const line of promised) expect(run.stdout).toContain(line);
  },
);
