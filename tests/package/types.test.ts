// A user's project: lib es2022 + dom, skipLibCheck false, both module resolutions, against the types npm would publish.
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';

const root = new URL('../../', import.meta.url).pathname;
const folder = `${root}build/consumer`;
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const CONSUMER = `
import { Adam, type Batch, crossEntropy, evaluate, fit, GRU, type GradientFlow, gradientFlow, LSTM, Module, mseLoss, type PackedSequence, packPaddedSequence, type PlainPacked, RNN, scope, type Tensor, tensor } from 'gated';
import { type Batcher, type BatcherOptions, batcher, type Session } from 'gated/serving';
import { textDataset } from 'gated/data';
import { load, save } from 'gated/safetensors';
import { ReferenceNetwork } from 'gated/reference';

class Net extends Module {
  lstm = new LSTM({ inputSize: 2, hiddenSize: 3 });
  forward(x: Tensor): Tensor {
    return this.lstm.forward(x)[0];
  }
}
const net = new Net();
const plain: Float32Array = net.predict(tensor([[1, 2]]));
const [output, [h, c]] = new LSTM({ inputSize: 2, hiddenSize: 3 }).predict([[1, 2]]);
const arrays: Float32Array[] = [plain, output, h, c];
const loss: number = scope(() => net.forward(tensor([[1, 2]])).sum().item());
// @ts-expect-error a promise is no result of a scope
scope(async () => 1);
// @ts-expect-error PyTorch's names are camelCase here
new GRU({ input_size: 2, hidden_size: 3 });
net.loadStateDict(load(save(net.stateDict())));
const weight: Tensor = net.lstm.weight_ih_l0;
const packed: PackedSequence = new GRU({ inputSize: 1, hiddenSize: 1 }).forward(packPaddedSequence(tensor([[[1]]]), [1]))[0];
const sequences = packPaddedSequence(tensor([[[1]]]), [1]);
const [packedOutput, [packedH, packedC]]: [PlainPacked, [Float32Array, Float32Array]] = new LSTM({ inputSize: 1, hiddenSize: 1 }).predict(sequences);
const [data, sizes, order]: [Float32Array, Int32Array, Int32Array | null] = [packedOutput.data, packedOutput.batchSizes, packedOutput.unsortedIndices];
const [gruOutput, gruH]: [Float32Array, Float32Array] = new GRU({ inputSize: 1, hiddenSize: 1 }).predict([[1]], packedH, { lengths: [1] });
const [rnnOutput]: [PlainPacked, Float32Array] = new RNN({ inputSize: 1, hiddenSize: 1 }).predict(sequences, null);
// @ts-expect-error the output of a tensor is no packed one
const wrong: PlainPacked = new RNN({ inputSize: 1, hiddenSize: 1 }).predict([[1]])[0];
class Packs extends Module {
  rnn = new RNN({ inputSize: 1, hiddenSize: 1 });
  forward(x: PackedSequence): { output: PackedSequence; last: Tensor } {
    const [output, last] = this.rnn.forward(x);
    return { output, last };
  }
}
const { output: deep, last }: { output: PlainPacked; last: Float32Array } = new Packs().predict(sequences);
const flow: GradientFlow[] = gradientFlow(new Packs(), sequences, { loss: ({ last }) => last.sum() });
function* pieces(): Generator<Batch> {
  yield { input: [[1, 2]], target: [[1]] };
}
async function* later() {
  yield* pieces();
}
const evaluated: [number, number, Promise<number>, Promise<number>] = [
  evaluate(net, [], { loss: mseLoss }),
  evaluate(net, pieces, { loss: mseLoss }),
  evaluate(net, later(), { loss: mseLoss }),
  evaluate(net, later, { loss: mseLoss }),
];
for (const data of [pieces, pieces(), later, later(), new Set<Batch>()]) {
  fit(net, data, { optimizer: new Adam(net.parameters()), loss: mseLoss, validation: data });
}
const history: Promise<{ losses: number[] }> = fit(net, textDataset([1, 2, 3], { batch: 1, length: 1 }), {
  optimizer: new Adam(net.parameters()),
  loss: (logits, target) => crossEntropy(logits, target),
});
using stream = net.stream();
const limits: BatcherOptions = { maxBatch: 32, maxDelay: 2 };
using server: Batcher = batcher(net, limits);
using session: Session = server.open();
const answer: Promise<Float32Array> = session.step([1, 2]);
session.restore(stream.save());
session.state = stream.state;
const open: number = server.sessions;
// @ts-expect-error no such option
batcher(net, { max_batch: 32 });
export { data, deep, flow, gruH, gruOutput, last, order, packedC, rnnOutput, sizes, wrong };
export { answer, evaluated, open, arrays, history, loss, packed, ReferenceNetwork, stream, weight };
`;

test.each([
  ['nodenext', ['--module', 'nodenext', '--moduleResolution', 'nodenext']],
  ['bundler', ['--module', 'esnext', '--moduleResolution', 'bundler']],
])('compiles with moduleResolution %s', (_name, resolution) => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/consumer.mts`, CONSUMER);
  const options = [
    '--ignoreConfig',
    '--noEmit',
    '--strict',
    '--target',
    'es2022',
    '--lib',
    'es2022,dom',
    '--skipLibCheck',
    'false',
    '--types',
    '',
  ];
  const tsc = `${root}node_modules/typescript/bin/tsc`;
  const run = spawnSync(process.execPath, [tsc, ...options, ...resolution, `${folder}/consumer.mts`], {
    encoding: 'utf8',
  });
  expect(run.stdout).toBe('');
  expect(run.status).toBe(0);
});
