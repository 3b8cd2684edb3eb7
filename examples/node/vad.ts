// Who speaks when: the speech segments of a .wav file, by Silero VAD. Runs as it is from Node 22.18 on: node vad.ts speech.wav
import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { load } from 'gated/onnx';
import { chart } from './chart.mjs';
import { FRAME_SECONDS, probabilities, segments } from './speech.ts';
import { readWav } from './wav.ts';

const HELP = `Prints the speech segments of a .wav file and plots how sure the model is of them.

  node vad.ts speech.wav [--model silero_vad.onnx] [--threshold 0.5] [--json]

The model is silero_vad.onnx of Silero VAD 5 or 6 (MIT licence, 2.3 MB), which is not part of this example: fetch it from the
project's repository, snakers4/silero-vad on GitHub, into this folder. The .wav file has 16,000 or 8,000 samples a second:

  ffmpeg -i anything.mp3 -ar 16000 -ac 1 speech.wav`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: 'string', default: 'silero_vad.onnx' },
    threshold: { type: 'string', default: '0.5' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

try {
  if (values.help || positionals.length !== 1) console.log(HELP);
  else run(positionals[0]);
  if (!values.help && positionals.length !== 1) process.exitCode = 2;
} catch (error) {
  console.error(`vad: ${(error as Error).message}`);
  process.exitCode = 1;
}

function run(path: string): void {
  const threshold = Number(values.threshold);
  if (!(threshold > 0.15 && threshold < 1))
    throw new Error(`--threshold is ${values.threshold}; expected above 0.15 and below 1`);
  const wav = readWav(read(path));
  const model = load(read(values.model, 'node vad.ts --help says where it comes from'));
  const begun = performance.now();
  const speech = [...probabilities(model, wav)];
  const taken = (performance.now() - begun) / 1000;
  model.dispose();
  const found = segments(speech, { threshold });
  if (values.json) {
    console.log(JSON.stringify({ segments: found, probabilities: speech }));
    return;
  }
  console.log(`How likely it is that somebody speaks, every ${FRAME_SECONDS * 1000} ms:\n`);
  for (const line of plot(speech)) console.log(line);
  console.log(`\n${found.length} ${found.length === 1 ? 'segment' : 'segments'}:`);
  for (const { start, end } of found) console.log(`  ${clock(start)} – ${clock(end)}   ${(end - start).toFixed(2)} s`);
  const seconds = wav.samples.length / wav.rate;
  console.log(
    `\n${seconds.toFixed(1)} s of sound in ${taken.toFixed(2)} s: ${((taken / speech.length) * 1e6).toFixed(0)} µs a frame, ` +
      `${Math.round(seconds / taken)} times as fast as it was spoken`,
  );
}

function read(path: string, hint = ''): Uint8Array {
  if (!existsSync(path)) throw new Error(`there is no ${path}${hint && `; ${hint}`}`);
  return readFileSync(path);
}

/** At most 70 columns: the largest probability of the frames that share one. */
function plot(speech: readonly number[]): string[] {
  const frames = Math.ceil(speech.length / 70);
  const columns = Array.from({ length: Math.ceil(speech.length / frames) }, (_, i) =>
    Math.max(...speech.slice(i * frames, (i + 1) * frames)),
  );
  // Both ends of the scale are drawn, whatever the file holds.
  const scale = { values: [0, 1], start: 0, colour: 90 };
  const lines = chart([scale, { values: columns, start: 0, colour: 36 }], {
    rows: 8,
    colours: process.stdout.isTTY ?? false,
  });
  const end = clock(speech.length * FRAME_SECONDS);
  return [...lines, `${' '.repeat(8)}${'0:00.00'.padEnd(Math.max(8, columns.length - end.length))}${end}`];
}

function clock(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(2).padStart(5, '0')}`;
}
