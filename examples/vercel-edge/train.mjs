// Trains the classifier on words.js and writes it as a module that edge functions can import. `node train.mjs [file]`, some seconds.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AdamW, clipGradNorm, crossEntropy, manualSeed, rand, scope, setDeterministic, tensor } from 'gated';
import { save } from 'gated/safetensors';
import { Classifier, createClassifier, LANGUAGES, lettersOf, toBatch } from './src/classifier.js';
import { WORDS } from './words.js';

const EPOCHS = 40;
const BATCH = 32;
const path = process.argv[2] ?? fileURLToPath(new URL('model/weights.js', import.meta.url));

setDeterministic(true);
manualSeed(5);
// A word in two languages teaches nothing; every sixth is kept for the test.
const examples = shuffled(readWords());
const held = examples.filter((_, i) => i % 6 === 0);
const known = examples.filter((_, i) => i % 6 !== 0);

const model = new Classifier();
const optimizer = new AdamW(model.parameters(), { lr: 0.01, weightDecay: 0.1 });
for (let epoch = 1; epoch <= EPOCHS; epoch++) {
  optimizer.lr = 0.01 * (1 - (epoch - 1) / EPOCHS);
  let sum = 0;
  const order = shuffled(known);
  for (let at = 0; at < order.length; at += BATCH) {
    const batch = order.slice(at, at + BATCH);
    sum += scope(() => {
      const { ids, lengths } = toBatch(batch.map(({ letters }) => letters));
      const loss = crossEntropy(
        model.forward(ids, lengths),
        tensor(Int32Array.from(batch, ({ language }) => language)),
      );
      optimizer.zeroGrad();
      loss.backward();
      clipGradNorm(model.parameters(), 1);
      optimizer.step();
      return loss.item() * batch.length;
    });
  }
  if (epoch % 10 === 0) console.log(`epoch ${epoch}: cross-entropy ${(sum / known.length).toFixed(3)}`);
}

// float16 halves the file and costs nothing that shows.
const bytes = save(model.stateDict(), { dtype: 'float16' });
const classify = createClassifier(bytes);
console.log(
  `${percent(known)} right of the ${known.length} words it learned from, ${percent(held)} of ${held.length} others`,
);
if (!(score(held) > 0.6)) throw new Error('the model has not learned: nothing to deploy');
// A module, not a file: an edge function has no file system.
const base64 = Buffer.from(bytes).toString('base64');
writeFileSync(path, `// Made by train.mjs: a .safetensors file as base64.\nexport const weights =\n  '${base64}';\n`);
console.log(`saved ${path}, ${bytes.length} bytes`);

function readWords() {
  const found = new Map();
  for (const [language, text] of Object.entries(WORDS)) {
    for (const word of new Set(text.split(/\s+/))) {
      found.set(word, found.has(word) ? null : { letters: lettersOf(word), language: LANGUAGES.indexOf(language) });
    }
  }
  return [...found.values()].filter((example) => example !== null);
}

function percent(list) {
  return `${(100 * score(list)).toFixed(0)}%`;
}

/** The part of the words that `classify` puts into the right language. */
function score(list) {
  const all = classify(list.map(({ letters }) => letters));
  const right = list.filter(({ language }, i) => all[i].indexOf(Math.max(...all[i])) === language);
  return right.length / list.length;
}

function shuffled(list) {
  const keys = scope(() => rand([list.length]).data());
  return [...list.keys()].sort((a, b) => keys[a] - keys[b]).map((i) => list[i]);
}
