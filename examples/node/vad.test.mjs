import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { FRAME_SECONDS, segments } from './speech.ts';
import { readWav } from './wav.ts';

const folder = mkdtempSync(join(tmpdir(), 'vad-'));
after(() => rmSync(folder, { recursive: true }));

/** A .wav file of little-endian values of `bits` bits. */
function wav({ code = 1, channels = 1, rate = 16000, bits = 16 }, values, extra = []) {
  const data = Buffer.alloc((values.length * bits) / 8);
  for (const [i, v] of values.entries()) bits === 16 ? data.writeInt16LE(v, 2 * i) : data.writeFloatLE(v, 4 * i);
  const header = Buffer.alloc(24);
  header.write('fmt ');
  header.writeUInt32LE(16, 4);
  header.writeUInt16LE(code, 8);
  header.writeUInt16LE(channels, 10);
  header.writeUInt32LE(rate, 12);
  header.writeUInt16LE(bits, 22);
  const size = Buffer.alloc(8);
  size.write('data');
  size.writeUInt32LE(data.length, 4);
  return Buffer.concat([Buffer.from('RIFF\0\0\0\0WAVE'), ...extra, header, size, data]);
}

test('reads 16-bit and float samples, and makes one channel of two', () => {
  assert.deepEqual(readWav(wav({}, [16384, -32768])), { rate: 16000, samples: Float32Array.of(0.5, -1) });
  assert.deepEqual([...readWav(wav({ channels: 2 }, [16384, -16384, 8192, 8192])).samples], [0, 0.25]);
  assert.deepEqual([...readWav(wav({ code: 3, bits: 32 }, [0.5, -0.25])).samples], [0.5, -0.25]);
  const chunk = Buffer.from('LIST\x03\0\0\0abc\0', 'latin1');
  assert.deepEqual([...readWav(wav({}, [16384], [chunk])).samples], [0.5]);
});

test('refuses what is not such a file', () => {
  const whole = wav({}, [1, 2, 3, 4]);
  for (let n = 0; n < 44; n++) assert.throws(() => readWav(whole.subarray(0, n)), /not a \.wav file|no samples/);
  assert.equal(readWav(whole.subarray(0, 48)).samples.length, 2);
  assert.throws(() => readWav(wav({ bits: 32 }, [0.5])), /32 bits a sample/);
});

test('segments: short gaps are bridged, short noises left out, and ends get room', () => {
  const speech = (parts) => parts.flatMap(([frames, probability]) => new Array(frames).fill(probability));
  const seconds = (list) => list.map(({ start, end }) => [start, end].map((t) => Math.round(t / FRAME_SECONDS)));
  assert.deepEqual(segments([]), []);
  assert.deepEqual(
    seconds(
      segments(
        speech([
          [10, 0],
          [20, 0.9],
          [10, 0],
        ]),
        { pad: 0 },
      ),
    ),
    [[10, 30]],
  );
  assert.deepEqual(
    seconds(
      segments(
        speech([
          [10, 0.9],
          [2, 0],
          [10, 0.9],
          [9, 0.4],
          [3, 0.9],
        ]),
        { pad: 0 },
      ),
    ),
    [[0, 34]],
  );
  assert.deepEqual(
    segments(
      speech([
        [9, 0],
        [5, 0.9],
        [9, 0],
      ]),
    ),
    [],
  );
  const [first, second] = segments(
    speech([
      [10, 0.9],
      [4, 0],
      [10, 0.9],
    ]),
    { pad: 9 },
  );
  assert.deepEqual([first.start, Math.round(second.end / FRAME_SECONDS)], [0, 24]);
  assert.ok(first.end <= second.start + 1e-9);
});

test('the program says what it needs', () => {
  const program = (...args) => spawnSync(process.execPath, ['vad.ts', ...args], { encoding: 'utf8' });
  assert.match(program('--help').stdout, /node vad\.ts speech\.wav/);
  assert.equal(program().status, 2);
  const file = join(folder, 'short.wav');
  writeFileSync(file, wav({}, [1, 2, 3]));
  const { status, stderr } = program(file, '--model', join(folder, 'none.onnx'));
  assert.equal(status, 1);
  assert.match(stderr, /there is no .*none\.onnx; node vad\.ts --help says/);
  assert.match(program(file, '--threshold', '2').stderr, /expected above 0\.15/);
});

const models = process.env.GATED_MODELS ?? '';
const model = join(models, 'silero_vad_v6', 'silero_vad.onnx');
const absent = models === '' || !existsSync(model);

test('finds the sentences of 20 s of speech', {
  skip: absent && 'GATED_MODELS names no folder with silero_vad_v6',
}, () => {
  const recording = join(models, 'silero_vad_v6', 'test_20s.wav');
  const program = (...args) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['vad.ts', recording, '--model', model, ...args], {
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
    return stdout;
  };
  const text = program();
  assert.match(text, /\n8 segments:\n {2}0:00\.00 – 0:02\.05 {3}2\.04 s\n/);
  assert.match(text, /\d+ µs a frame/);
  const found = JSON.parse(program('--json'));
  assert.equal(found.segments.length, 8);
  assert.equal(found.probabilities.length, 625);
  for (const p of found.probabilities) assert.ok(p >= 0 && p <= 1);
});
