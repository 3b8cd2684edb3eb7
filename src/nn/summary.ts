import type { Tensor } from '../tensor/tensor.js';

interface Summarized {
  namedModules(): Iterable<[string, { constructor: { name: string } }]>;
  namedParameters(): [string, Tensor][];
}

/** One line per module that has parameters of its own, and their sum. */
export function summarize(module: Summarized): string {
  const parameters = module.namedParameters();
  const rows: string[][] = [['module', 'type', 'parameters', 'count']];
  const names = new Map([...module.namedModules()].map(([name, m]) => [name, m.constructor.name]));
  const owner = (name: string) => {
    let at = name;
    do at = at.includes('.') ? at.slice(0, at.lastIndexOf('.')) : '';
    while (!names.has(at));
    return at;
  };
  for (const [name, type] of names) {
    const own = parameters.filter(([p]) => owner(p) === name);
    if (own.length === 0) continue;
    const shapes = own.map(([p, t]) => `${name ? p.slice(name.length + 1) : p} ${t.shape.join('×')}`);
    const count = own.reduce((sum, [, t]) => sum + t.size, 0);
    shapes.forEach((shape, i) => {
      rows.push(i === 0 ? [name || '(this)', type, shape, count.toLocaleString('en-US')] : ['', '', shape, '']);
    });
  }
  const total = parameters.reduce((sum, [, t]) => sum + t.size, 0);
  rows.push(['total', '', '', total.toLocaleString('en-US')]);
  const widths = rows[0].map((_, c) => Math.max(...rows.map((row) => row[c].length)));
  const line = (row: string[]) =>
    row
      .map((cell, c) => (c === 3 ? cell.padStart(widths[c]) : cell.padEnd(widths[c])))
      .join('  ')
      .trimEnd();
  return rows.map(line).join('\n');
}
