// node recall.mjs [--seeds 1,2,3] [--span 1000] [--steps 750] [--kinds RNN,LSTM,GRU]
import { parseArgs } from 'node:util';
import { manualSeed } from 'gated';
import { chart } from './chart.mjs';
import { CLASSES, draw, written } from './task.mjs';
import { train } from './train.mjs';

const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1,2,3' },
    span: { type: 'string', default: '1000' },
    steps: { type: 'string', default: '750' },
    kinds: { type: 'string', default: 'RNN,LSTM,GRU' },
  },
});
const seeds = options.seeds.split(',').map(Number);
const kinds = options.kinds.split(',');
const span = Number(options.span);
const steps = Number(options.steps);
const colours = process.stdout.isTTY === true;
const STYLE = { RNN: ['r', 91], LSTM: ['L', 92], GRU: ['g', 96] };
const paint = (kind, text) => (colours ? `\x1b[${STYLE[kind][1]}m${text}\x1b[0m` : text);
const percent = (x) => `${(100 * x).toFixed(1)}%`;

manualSeed(seeds[0]);
const example = written(draw(span, 1).ids, 0);
console.log(`a letter, then ${span} more at random: ${example.slice(0, 40)}…${example.slice(-20)}`);
console.log(`which one came first? chance is ${percent(1 / CLASSES)}; ${steps} steps of 32 sequences for each kind\n`);

const runs = [];
for (const seed of seeds) {
  for (const kind of kinds) runs.push({ kind, seed, ...train(kind, { seed, span, steps, onStep: progress }) });
  const shown = runs.filter((run) => run.seed === seed);
  for (const { kind, accuracy, seconds, model } of shown) {
    clear();
    console.log(
      `seed ${seed}  ${paint(kind, kind.padEnd(4))}  ${percent(accuracy).padStart(6)} right  ${seconds.toFixed(0)} s`,
    );
    model.dispose();
  }
  if (seed === seeds[0]) plots(shown);
}
console.log(`\n${'right'.padEnd(6)}${seeds.map((seed) => `seed ${seed}`.padStart(9)).join('')}`);
for (const kind of kinds) {
  const row = runs.filter((run) => run.kind === kind).map(({ accuracy }) => percent(accuracy).padStart(9));
  console.log(`${paint(kind, kind.padEnd(6))}${row.join('')}`);
}

function plots(shown) {
  const legend = shown.map(({ kind }) => paint(kind, `${STYLE[kind][0]} ${kind}`)).join('   ');
  const series = (values) =>
    shown.map((run) => ({ mark: STYLE[run.kind][0], colour: STYLE[run.kind][1], values: values(run) }));
  console.log(`\nfirst letters recalled after ${span} others, by training step   ${legend}`);
  const curves = series(({ curve }) => curve.map(({ step, accuracy }) => [step, accuracy]));
  console.log(chart(curves, { low: 0, high: 1, label: percent, colours }).join('\n'));
  console.log(`${' '.repeat(9)}0${`${steps} steps`.padStart(71)}`);

  console.log(`\nbefore training: how much of the error reaches a symbol that many steps back (log scale)`);
  const flows = series(({ flow }) => flow.toReversed().map((norm, back) => [back, Math.log10(norm)])); // -∞: off the chart
  console.log(chart(flows, { low: -30, high: 0, label: (y) => `1e${y.toFixed(0)}`, colours }).join('\n'));
  console.log(`${' '.repeat(9)}the last letter${'the first'.padStart(57)}\n`);
}

function progress({ kind, seed, step, steps, loss, accuracy }) {
  if (!colours) return;
  process.stdout.write(
    `\r\x1b[Kseed ${seed}  ${kind}  step ${step}/${steps}  loss ${loss.toFixed(3)}  ${percent(accuracy)} of unseen sequences recalled`,
  );
}
function clear() {
  if (colours) process.stdout.write('\r\x1b[K');
}
