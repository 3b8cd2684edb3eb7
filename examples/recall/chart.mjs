// Line charts in the terminal, several series told apart by letter as well as by colour.

/** Lines of text for series [{ mark, colour, values: [x, y][] }]; `label(y)` writes the axis. NaN is left out. */
export function chart(series, { width = 72, height = 12, low, high, label, colours = true }) {
  const last = Math.max(...series.flatMap(({ values }) => values.map(([x]) => x)));
  const grid = Array.from({ length: height }, () => new Array(width).fill(' '));
  series.forEach(({ mark, colour, values }, order) => {
    const text = colours ? `\x1b[${colour}m${mark}\x1b[0m` : mark;
    for (let column = 0; column < width; column++) {
      const y = at(values, (column / (width - 1)) * last);
      const row = Math.round(((high - y) / (high - low)) * (height - 1));
      if (!(row >= 0 && row < height)) continue;
      // Lines that run together take turns.
      if (grid[row][column] === ' ' || column % series.length === order) grid[row][column] = text;
    }
  });
  return grid
    .map((line, row) => {
      const y = high - (row / (height - 1)) * (high - low);
      const text = row % 3 === 0 || row === height - 1 ? label(y) : '';
      return `${text.padStart(7)} ${text ? '┤' : '│'}${line.join('').trimEnd()}`;
    })
    .concat(`${' '.repeat(8)}└${'─'.repeat(width)}`);
}

/** Between the points on either side of x. */
function at(values, x) {
  const next = values.findIndex(([there]) => there >= x);
  if (next < 0) return Number.NaN;
  const [x1, y1] = values[next];
  if (next === 0 || x1 === x) return y1;
  const [x0, y0] = values[next - 1];
  return y0 + ((x - x0) / (x1 - x0)) * (y1 - y0);
}
