// node forecast.mjs [series.csv] [--epochs 30] [--seed 1] [--save model.safetensors | --load model.safetensors]
import { parseArgs } from 'node:util';
import { chart } from './chart.mjs';
import { forecast, HORIZON, heldOutError, loadModel, naive, saveModel, train } from './model.mjs';
import { madeUpSeries, readCsv } from './series.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    epochs: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    save: { type: 'string' },
    load: { type: 'string' },
  },
});
const values = positionals[0] ? readCsv(positionals[0]) : madeUpSeries();
console.log(`${values.length} days from ${positionals[0] ?? 'series.mjs'}`);

const model = options.load ? loadModel(options.load) : await trainHere();
if (options.save) {
  saveModel(model, options.save);
  console.log(`saved ${options.save}`);
}
report();

async function trainHere() {
  const abort = new AbortController();
  const stop = () => abort.abort();
  process.once('SIGINT', stop); // the first Ctrl+C ends training and goes on with what there is, a second one ends the program
  const live = process.stdout.isTTY;
  const { model, history } = await train(values, {
    epochs: Number(options.epochs),
    seed: Number(options.seed),
    signal: abort.signal,
    onStep: ({ epoch, epochs, batch, batches, loss }) => {
      if (live)
        process.stdout.write(`\r\x1b[Kepoch ${epoch + 1}/${epochs} ${bar(batch / batches)} loss ${loss.toFixed(4)}`);
    },
    onEpoch: ({ epoch, loss }) => {
      if (!live && epoch % 5 === 4) console.log(`epoch ${epoch + 1}: loss ${loss.toFixed(4)}`);
    },
  });
  process.off('SIGINT', stop);
  if (live) process.stdout.write('\r\x1b[K');
  console.log(`${history.losses.length} steps${history.aborted ? ', stopped by Ctrl+C' : ''}`);
  return model;
}

function bar(part) {
  const full = Math.round(part * 20);
  return '█'.repeat(full) + '░'.repeat(20 - full);
}

function report() {
  const ours = heldOutError(values, (end) => forecast(model, values, end));
  const theirs = heldOutError(values, (end) => naive(values, end));
  console.log(`mean absolute error on days never seen: LSTM ${ours.toFixed(2)}, "as last week" ${theirs.toFixed(2)}`);
  console.log(`the LSTM's error is ${Math.round((1 - ours / theirs) * 100)}% smaller\n`);

  // The last two weeks as they were and as forecast from before them, then two weeks nobody knows.
  const before = 42;
  const shown = values.slice(-before - HORIZON);
  const [grey, cyan, yellow] = [90, 96, 93];
  const lines = chart(
    [
      { values: shown, start: 0, colour: grey },
      { values: forecast(model, values, values.length - HORIZON), start: before, colour: cyan },
      { values: forecast(model, values), start: before + HORIZON, colour: yellow },
    ],
    { colours: process.stdout.isTTY === true },
  );
  console.log(lines.join('\n'));
  const axis = `${'─'.repeat(before)}┴${'─'.repeat(HORIZON - 1)}┴${'─'.repeat(HORIZON - 1)}`;
  console.log(`${' '.repeat(7)}└${axis}`);
  console.log(`${' '.repeat(8)}${'six weeks, as they were'.padEnd(before)} and forecast  next two weeks`);
}
