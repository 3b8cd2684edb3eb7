// What the tests use of vitest, for runtimes that have no processes, files or timers: the bundle of the suite maps 'vitest' to this file.
// The matchers are vitest's own (@vitest/expect); only collecting and running is ours.
import { JestAsymmetricMatchers, JestChaiExpect, JestExtend } from '@vitest/expect';
import { spyOn } from '@vitest/spy';
import * as chai from 'chai';
import * as fakeTimers from './fake-timers.js';

chai.use(JestExtend);
chai.use(JestChaiExpect);
chai.use(JestAsymmetricMatchers);
export const { expect } = chai;
export const vi = { spyOn, ...fakeTimers };

type Body = (...args: never[]) => unknown;
interface Group {
  name: string;
  tests: { name: string; body: Body }[];
  groups: Group[];
  hooks: Record<'beforeAll' | 'afterAll' | 'beforeEach' | 'afterEach', Body[]>;
}

export interface Outcome {
  name: string;
  /** What it threw, or null where it passed. */
  error: string | null;
}

const files: Group[] = [];
/** Names of the tests that said they cannot run in this runtime. */
export const skipped: string[] = [];
let current: Group;

function group(name: string): Group {
  return { name, tests: [], groups: [], hooks: { beforeAll: [], afterAll: [], beforeEach: [], afterEach: [] } };
}

/** Written by the bundler at the head of every test file. */
export function beginFile(name: string): void {
  current = group(name);
  files.push(current);
}

const hook = (name: keyof Group['hooks']) => (body: Body) => void current.hooks[name].push(body);
export const beforeAll = hook('beforeAll');
export const afterAll = hook('afterAll');
export const beforeEach = hook('beforeEach');
export const afterEach = hook('afterEach');

export const test = Object.assign((name: string, body: Body) => void current.tests.push({ name, body }), {
  each: each((name, body) => test(name, body)),
  skipIf: (condition: boolean) => (condition ? (name: string) => void skipped.push(`${current.name} > ${name}`) : test),
});
export const describe = Object.assign(
  (name: string, body: Body) => {
    const outer = current;
    current = group(name);
    outer.groups.push(current);
    body();
    current = outer;
  },
  { each: each((name, body) => describe(name, body)) },
);

function each(add: (name: string, body: Body) => void) {
  return (table: readonly unknown[]) => (name: string, body: Body) => {
    for (const row of table) {
      const values = Array.isArray(row) ? row : [row];
      add(title(name, values), () => body(...(values as never[])));
    }
  };
}

/** '%s', '%i' and '%j' take the values in order, '$key' takes a property of the first. */
function title(name: string, values: readonly unknown[]): string {
  let next = 0;
  const named = (key: string) => String((values[0] as Record<string, unknown> | null)?.[key]);
  return name.replace(/%[sijo]/g, () => String(values[next++])).replace(/\$(\w+)/g, (_, key) => named(key));
}

/** Runs every test of every file, one after the other. */
export async function runTests(): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const file of files) await runGroup(file, file.name, [], [], outcomes);
  return outcomes;
}

async function runGroup(g: Group, path: string, before: Body[], after: Body[], outcomes: Outcome[]): Promise<void> {
  const [setUp, tearDown] = [
    [...before, ...g.hooks.beforeEach],
    [...g.hooks.afterEach, ...after],
  ];
  const attempt = async (name: string, bodies: Body[]) => {
    let error: string | null = null;
    try {
      for (const body of bodies) await body();
    } catch (e) {
      error = e instanceof Error ? `${e.name}: ${e.message}\n${e.stack ?? ''}` : String(e);
    }
    return { name: `${path} > ${name}`, error };
  };
  const opening = await attempt('beforeAll', g.hooks.beforeAll);
  if (opening.error) outcomes.push(opening);
  for (const { name, body } of g.tests) {
    const outcome = await attempt(name, [...setUp, body]);
    const closing = await attempt(name, tearDown);
    outcomes.push(outcome.error ? outcome : closing);
  }
  for (const inner of g.groups) await runGroup(inner, `${path} > ${inner.name}`, setUp, tearDown, outcomes);
  const closing = await attempt('afterAll', g.hooks.afterAll);
  if (closing.error) outcomes.push(closing);
}
