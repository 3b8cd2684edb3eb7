// node translate.mjs ["31st of May '87" …] [--epochs 4] [--examples 10000] [--seed 1] [--save model.safetensors | --load model.safetensors]
import { parseArgs } from 'node:util';
import { examples } from './dates.mjs';
import { beam, greedy } from './decode.mjs';
import { loadModel, saveModel } from './files.mjs';
import { attentionPicture } from './picture.mjs';
import { exact, train } from './train.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    epochs: { type: 'string', default: '4' },
    examples: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    save: { type: 'string' },
    load: { type: 'string' },
  },
});
/** Of calendar days that training sees in no form. */
const heldOut = examples(1000, { seed: 1, heldOut: true });
const live = process.stdout.isTTY === true;

const model = options.load ? loadModel(options.load) : await trainHere();
if (options.save) {
  saveModel(model, options.save);
  console.log(`saved ${options.save}`);
}
report(positionals.length > 0 ? positionals : heldOut.slice(0, 12).map(({ text }) => text));

async function trainHere() {
  const abort = new AbortController();
  const stop = () => abort.abort();
  process.once('SIGINT', stop); // the first Ctrl+C ends training and goes on with what there is
  const seed = Number(options.seed);
  const start = performance.now();
  const { model, history } = await train(examples(Number(options.examples), { seed: 1000 + seed }), {
    epochs: Number(options.epochs),
    seed,
    signal: abort.signal,
    onStep: ({ epoch, batch, batches, loss }) => {
      if (live) process.stdout.write(`\r\x1b[Kepoch ${epoch + 1}  ${batch}/${batches}  loss ${loss.toFixed(4)}`);
    },
    onEpoch: ({ epoch, loss }, model) => {
      const right = (100 * exact(model, heldOut.slice(0, 300)).accuracy).toFixed(1);
      const seconds = ((performance.now() - start) / 1000).toFixed(0);
      if (live) process.stdout.write('\r\x1b[K');
      console.log(`epoch ${epoch + 1}: loss ${loss.toFixed(4)}, ${right}% of 300 held-out dates exact, ${seconds} s`);
    },
  });
  process.off('SIGINT', stop);
  console.log(`${history.losses.length} steps${history.aborted ? ', stopped by Ctrl+C' : ''}`);
  return model;
}

function report(texts) {
  const { accuracy, wrong } = exact(model, heldOut);
  console.log(`\nheld-out dates exact: ${(100 * accuracy).toFixed(1)}% of ${heldOut.length}`);
  for (const { text, iso, written } of wrong.slice(0, 5))
    console.log(`  wrong: '${text}' is ${iso}, written ${written}`);

  const written = greedy(model, texts);
  const width = Math.max(...texts.map(({ length }) => length));
  console.log(`\n${'text'.padEnd(width)}  greedy      beam: the two likeliest`);
  texts.forEach((text, i) => {
    const likeliest = beam(model, text)
      .slice(0, 2)
      .map(({ iso, logProbability }) => `${iso} ${(100 * Math.exp(logProbability)).toFixed(1)}%`);
    console.log(`${text.padEnd(width)}  ${written[i].iso}  ${likeliest.join('  ')}`);
  });
  console.log(`\nwhere the decoder looked for each character it wrote\n`);
  for (const [i, { iso, weights }] of written.slice(0, 2).entries()) {
    console.log(`${attentionPicture(texts[i], iso, weights)}\n`);
  }
}
