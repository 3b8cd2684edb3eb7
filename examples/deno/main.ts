// deno task start [prompt]: learns what minerals are called, then invents some.
import { generate } from './generate.ts';
import { train } from './model.ts';
import { NAMES } from './names.ts';

const text = new TextEncoder();
const print = (line: string) => Deno.stdout.write(text.encode(line));
const live = Deno.stdout.isTerminal();
const prompt = (Deno.args[0] ?? '').toLowerCase().replaceAll(/[^a-z]/g, '');

const started = performance.now();
const { model, history } = await train(NAMES, {
  onStep: ({ step, epochs, batches, loss }) => {
    if (live)
      print(`\r\x1b[Klearning ${NAMES.length} minerals: step ${step}/${epochs * batches}, loss ${loss.toFixed(3)}`);
  },
});
const seconds = ((performance.now() - started) / 1000).toFixed(1);
await print(
  `${live ? '\r\x1b[K' : ''}learned ${NAMES.length} minerals in ${history.losses.length} steps, ${seconds} s\n\n`,
);

const known = new Set(NAMES);
for (let i = 0; i < 12; i++) {
  let name = prompt;
  await print(`  ${prompt}`);
  for (const letter of generate(model, { prompt })) {
    name += letter;
    await print(letter);
    if (live) await new Promise((resolve) => setTimeout(resolve, 40)); // slow enough to watch
  }
  await print(known.has(name) ? '  (it exists)\n' : '\n');
}
