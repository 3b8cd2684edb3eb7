// The tuned pure-JavaScript opponent of ../shared/peers (purejs_lib.cjs, from the peers' folder): is gated/reference as fast as it? (0.85)
import { createRequire } from 'node:module';

export function open({ folder }) {
  const require = createRequire(`${folder}/package.json`);
  const { RNN, LinearCE } = require('./purejs_lib.cjs');
  return { versions: { node: process.versions.node }, prepare: (work) => prepare(RNN, LinearCE, work) };
}

function prepare(RNN, LinearCE, { spec, tensors }) {
  const { kind, inputSize: I, hiddenSize: H, numLayers, batch, mode, classes } = spec;
  if (kind === 'gru' && mode === 'train') return { declined: 'no training of a GRU' };
  if ((tensors.bias_ih_l0.data.length & 3) !== 0) return { declined: 'only gates in fours' };
  if (spec.bidirectional) return { declined: 'no reverse direction' };
  const layers = Array.from({ length: numLayers }, (_, l) => ({
    wih: tensors[`weight_ih_l${l}`].data,
    whh: tensors[`weight_hh_l${l}`].data,
    bih: tensors[`bias_ih_l${l}`].data,
    bhh: tensors[`bias_hh_l${l}`].data,
    I: l ? H : I,
  }));
  const { x, dy, targets } = tensors;
  const steps = mode === 'stream' ? 1 : spec.steps;
  const net = new RNN(kind, I, H, numLayers, batch, steps, layers);
  const rows = steps * batch;
  const hidden = () => net.ls[numLayers - 1].h;
  const output = () => hidden().slice(batch * H, batch * H + rows * H);
  net.reset();
  if (mode === 'stream') {
    const step = (t = 0) => {
      net.forward(x.data.subarray(t * I, (t + 1) * I));
      net.carry();
      return hidden();
    };
    const last = (t) => [...step(t).subarray(H, 2 * H)];
    return {
      run: () => void step(),
      results: () => ({ output: Array.from({ length: x.shape[0] }, (_, t) => last(t)).flat() }),
    };
  }
  const top = classes
    ? new LinearCE(H, classes, rows, tensors['linear.weight'].data, tensors['linear.bias'].data)
    : null;
  if (mode === 'train') net.initTrain();
  const run = () => {
    net.reset();
    net.forward(x.data);
    if (mode === 'forward') return 0;
    const loss = top ? top.run(hidden(), batch * H, targets.data) : 0;
    net.backward(x.data, top ? top.dy : dy.data);
    return loss;
  };
  return { run: () => void run(), results: () => resultsOf(run(), output(), net, top, spec) };
}

function resultsOf(loss, output, net, top, { mode, classes, hiddenSize }) {
  if (mode === 'forward') return { output };
  const grads = net.ls.flatMap((l, i) => [
    [`grad.weight_ih_l${i}`, l.dwih],
    [`grad.weight_hh_l${i}`, l.dwhh],
    [`grad.bias_ih_l${i}`, l.db],
    [`grad.bias_hh_l${i}`, l.db],
  ]);
  if (top) {
    grads.push(['loss', [loss]], ['grad.linear.weight', top.dw.subarray(0, classes * hiddenSize)]);
    grads.push(['grad.linear.bias', top.db.subarray(0, classes)]);
  }
  return { output, ...Object.fromEntries(grads) };
}
