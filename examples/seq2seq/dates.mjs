// Dates as people write them, and as ISO 8601 has them. Everything is drawn by gated's seeded generator: the same dates on every machine.
import { manualSeed, rand } from 'gated';

const MONTHS = 'January February March April May June July August September October November December'.split(' ');
const WEEKDAYS = 'Monday Tuesday Wednesday Thursday Friday Saturday Sunday'.split(' ');
const DAYS_OF_MONTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const FIRST_YEAR = 1950;
const YEARS = 100;
/** One calendar day in ten is never trained on, in whatever form. */
const HELD_OUT = 10;

const two = (n) => String(n).padStart(2, '0');
const isLeap = (y) => (y % 4 === 0 && y % 100 !== 0) || y % 400 === 0;
const daysOf = (y, m) => DAYS_OF_MONTHS[m - 1] + (m === 2 && isLeap(y) ? 1 : 0);
const ordinal = (d) => d + (d > 10 && d < 14 ? 'th' : (['th', 'st', 'nd', 'rd'][d % 10] ?? 'th'));

/** Every calendar day from 1950 to 2049: { y, m, d }. */
const CALENDAR = Array.from({ length: YEARS }, (_, i) => FIRST_YEAR + i).flatMap((y) =>
  MONTHS.flatMap((_, i) => Array.from({ length: daysOf(y, i + 1) }, (_, d) => ({ y, m: i + 1, d: d + 1 }))),
);

/** How people write a date: `pick` chooses among variants. Slashes are month first, dots and dashes day first. */
const FORMS = [
  ({ y, d, month }) => `${d} ${month} ${y}`,
  ({ y, d, month }) => `${month} ${d}, ${y}`,
  ({ y, d, month }) => `${month} ${ordinal(d)}, ${y}`,
  ({ y, d, month }) => `${ordinal(d)} ${month} ${y}`,
  ({ y, d, month }, pick) => `${pick(['the ', ''])}${ordinal(d)} of ${month}${pick([',', ''])} ${y}`,
  ({ y, d, month, weekday }, pick) => `${weekday}${pick([',', ''])} ${d} ${month} ${y}`,
  ({ y, d, month, weekday }) => `${weekday}, ${month} ${ordinal(d)} ${y}`,
  ({ y, m, d }, pick) => pick([`${m}/${d}/${y}`, `${two(m)}/${two(d)}/${y}`]),
  ({ y, m, d }, pick) => pick([`${d}.${m}.${y}`, `${two(d)}.${two(m)}.${y}`, `${d}. ${m}. ${y}`]),
  ({ y, m, d }) => `${two(m)}/${two(d)}/${two(y % 100)}`,
  ({ y, d, month }, pick) => `${d}${pick(['-', ' '])}${month.slice(0, 3)}${pick(['-', " '"])}${two(y % 100)}`,
  ({ y, d, month }) => `${y} ${month} ${d}`,
  ({ y, m, d }, pick) => pick([`${y}/${two(m)}/${two(d)}`, `${y}.${m}.${d}`, `${y}${two(m)}${two(d)}`]),
];
/** What each example may draw. */
const DRAWS = 16;

/** `count` examples { text, iso } of one seed; of days that are held out, or of the others. */
export function examples(count, { seed, heldOut = false }) {
  const days = CALENDAR.filter((_, i) => ((i * 7919) % HELD_OUT === 0) === heldOut);
  manualSeed(seed);
  const numbers = rand([count, DRAWS]);
  const rows = numbers.toArray();
  numbers.dispose();
  return rows.map((row) => {
    let drawn = 0;
    const pick = (list) => list[Math.floor(list.length * row[drawn++])];
    return example(pick(days), pick);
  });
}

function example({ y, m, d }, pick) {
  const name = MONTHS[m - 1];
  const month = pick([name, name, name.slice(0, 3), `${name.slice(0, 3)}.`]);
  const weekday = pick(WEEKDAYS); // people get those wrong
  const text = pick(FORMS)({ y, m, d, month, weekday: pick([weekday, weekday.slice(0, 3)]) }, pick);
  return { text: noisy(text, pick), iso: `${y}-${two(m)}-${two(d)}` };
}

/** Case, blanks, a word before, a mark behind. */
function noisy(text, pick) {
  const written = pick([text, text, text.toLowerCase(), text.toUpperCase()]);
  const before = pick(['', '', '', '', 'on ', 'due ', 'Date: ', ' ']);
  const behind = pick(['', '', '', '', '.', ',', ' ', '!']);
  return before + pick([written, written, written, written.replace(' ', '  ')]) + behind;
}
