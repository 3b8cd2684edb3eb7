// A line chart in the terminal: braille characters have 2 × 4 dots, so 16 rows of text are 64 dots high.
const DOTS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
];

/** Lines of text for series [{ values, start, colour }], one character per day; colour is an ANSI code, later series lie on top. */
export function chart(series, { rows = 14, colours = true } = {}) {
  const columns = Math.max(...series.map(({ start, values }) => start + values.length));
  const all = series.flatMap(({ values }) => values);
  const low = Math.min(...all);
  const high = Math.max(...all);
  const cells = Array.from({ length: rows }, () => Array.from({ length: columns }, () => ({ bits: 0, colour: 0 })));
  const dot = (x, value, colour) => {
    const y = Math.round(((high - value) / (high - low || 1)) * (rows * 4 - 1));
    const cell = cells[y >> 2][x >> 1];
    cell.bits |= DOTS[y & 3][x & 1];
    cell.colour = colour;
  };
  for (const { values, start, colour } of series) {
    values.forEach((value, day) => {
      const next = values[day + 1] ?? value;
      // Many points between two days, so that steep lines have no gaps.
      for (let part = 0; part < 1; part += 1 / 32) {
        dot(2 * (start + day) + Math.floor(2 * part), value + part * (next - value), colour);
      }
    });
  }
  const paint = ({ bits, colour }) => {
    const character = bits ? String.fromCharCode(0x2800 + bits) : ' ';
    return colours && bits ? `\x1b[${colour}m${character}\x1b[0m` : character;
  };
  return cells.map((row, i) => {
    const label = i === 0 ? high.toFixed(0) : i === rows - 1 ? low.toFixed(0) : '';
    return `${label.padStart(6)} │${row.map(paint).join('')}`;
  });
}
