// Every JavaScript snippet of the README and of docs/ runs as a reader would run it: as a file that imports 'gated' (the package's self-reference).
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';

const root = new URL('../../', import.meta.url).pathname;
const folder = `${root}build/readme`;
mkdirSync(folder, { recursive: true });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const pages = ['README.md', ...readdirSync(`${root}docs`).map((name) => `docs/${name}`)];
const snippets = pages.flatMap((page) =>
  [...readFileSync(`${root}${page}`, 'utf8').matchAll(/```js\n([\s\S]*?)```/g)].map(([, code], i) => ({
    page,
    number: i + 1,
    first: code.split('\n')[0],
    code,
  })),
);

test('the README has snippets', () =>
  expect(snippets.filter(({ page }) => page === 'README.md').length).toBeGreaterThan(5));

test.each(snippets)('$page, snippet $number: $first', ({ page, number, code }) => {
  const file = `${folder}/${page.replaceAll('/', '-')}-${number}.mjs`;
  writeFileSync(file, code);
  const run = spawnSync(process.execPath, [file], { encoding: 'utf8' });
  expect(run.stderr).toBe('');
  expect(run.status).toBe(0);
  // What a comment after console.log promises must be what is printed.
  const promised = [...code.matchAll(/console\.log\(.*\); \/\/ (\[.*)$/gm)].map(([, text]) => text);
  for (const line of promised) expect(run.stdout).toContain(line);
});
