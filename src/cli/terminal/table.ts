// Aligned plain tables: columns two spaces apart, numbers to the right, no lines, so that a pipe to `awk` works too.
import { stripVTControlCharacters } from 'node:util';

export type Cell = string | number;
export interface TableOptions {
  head?: readonly string[];
  /** 'left' or 'right' per column; default: right if every cell below the head is a number or looks like one. */
  align?: readonly ('left' | 'right' | undefined)[];
  /** Put on the cells of the head, after they are padded. */
  headStyle?: (text: string) => string;
}

/** Lines joined by newlines, without one at the end. Cells may carry colour codes. */
export function table(rows: readonly (readonly Cell[])[], { head, align = [], headStyle }: TableOptions = {}): string {
  const cells = rows.map((row) => row.map(String));
  const all = head ? [[...head], ...cells] : cells;
  const count = Math.max(0, ...all.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, column) =>
    Math.max(...all.map((row) => widthOf(row[column] ?? ''))),
  );
  const right = widths.map((_, column) => (align[column] ?? (isNumeric(cells, column) ? 'right' : 'left')) === 'right');
  const lines = all.map((row) =>
    widths
      .map((width, column) => padTo(row[column] ?? '', width, right[column]))
      .join('  ')
      .trimEnd(),
  );
  if (head && headStyle) lines[0] = headStyle(lines[0]);
  return lines.join('\n');
}

/** A number, perhaps with a unit or a percent sign; an empty cell or a dash says nothing. */
function isNumeric(rows: readonly string[][], column: number): boolean {
  const said = rows.map((row) => stripVTControlCharacters(row[column] ?? '')).filter((cell) => !/^[-–—]?$/.test(cell));
  return said.length > 0 && said.every((cell) => /^[-+~<>≤≥]?[\d.,]+(e[-+]?\d+)?( ?[\p{L}%×/µ]{1,8})?$/u.test(cell));
}

/** Characters as the terminal shows them: code points without colour codes. */
function widthOf(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}

function padTo(text: string, width: number, right: boolean): string {
  const space = ' '.repeat(width - widthOf(text));
  return right ? space + text : text + space;
}
