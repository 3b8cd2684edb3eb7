import { engineInfo, manualSeed, memoryInfo } from 'gated';
import { generate } from './generate.ts';
import { createModel, encode, LETTERS, train } from './model.ts';
import { NAMES } from './names.ts';

function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

Deno.test('the list is clean', () => {
  assert(new Set(NAMES).size === NAMES.length, 'a name occurs twice');
  assert(
    NAMES.every((name) => /^[a-z]{3,20}$/.test(name)),
    'a name has other letters than a to z',
  );
  assert(encode('az').join() === '1,26', 'encode');
});

Deno.test('learns, then invents names letter by letter', async () => {
  const { model, history } = await train(NAMES);
  const loss = history.epochs.at(-1)!.loss;
  console.log(`${engineInfo().build} build, loss ${history.epochs[0].loss.toFixed(3)} -> ${loss.toFixed(3)}`);
  assert(loss < 1.4, `loss is ${loss}; expected less than 1.4 (knowing nothing is ln 27 = 3.3)`);

  manualSeed(7);
  const names = Array.from({ length: 50 }, () => [...generate(model)].join(''));
  console.log(names.slice(0, 6).join(', '));
  manualSeed(7);
  assert([...generate(model)].join('') === names[0], 'the same seed gives another name');
  assert(
    names.every((name) => /^[a-z]*$/.test(name)),
    'a generated name has other letters',
  );
  const typical = names.filter((name) => name.endsWith('ite')).length;
  assert(typical >= 15, `${typical} of 50 names end in -ite; expected at least 15`);
  const fresh = names.filter((name) => !NAMES.includes(name)).length;
  assert(fresh >= 15, `${fresh} of 50 names are new; expected at least 15`);
  model.dispose();
});

Deno.test('streams the same logits as a whole sequence, and frees what it used', () => {
  const model = createModel();
  const before = memoryInfo().liveBlocks;
  const ids = [0, ...encode('quartz')];
  const whole = model.predict([ids]);
  const stream = model.stream();
  ids.forEach((id, t) => {
    const logits = stream.step([id]);
    for (let i = 0; i < LETTERS; i++) assert(logits[i] === whole[t * LETTERS + i], `step ${t}, letter ${i} differs`);
  });
  stream.dispose();
  assert([...generate(model, { prompt: 'x', longest: 5 })].length <= 4, 'longest counts the prompt too');
  // Streams and predictions leave the packed forms of the weights, once.
  [...generate(model)];
  const after = memoryInfo().liveBlocks;
  [...generate(model)];
  assert(memoryInfo().liveBlocks === after, 'a generator leaves memory behind');
  assert(after - before < 10, `${after - before} blocks more`);
});
