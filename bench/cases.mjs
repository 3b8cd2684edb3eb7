// Which work is measured? One case is one unit of work on one shape; I1 to T2 are those of ../shared/peers/cases.json, the others real uses.
//
// mode: 'stream' one step with carried state · 'forward' a whole sequence · 'train' forward, loss and every weight gradient, no optimizer ·
// 'model' a step of a trained model of ../shared/models, its ONNX file and states · 'gemm' only the matrix products inside another case (`of`), on the raw kernels.
const stream = { mode: 'stream', batch: 1, steps: 1 };
const forward = (batch, steps) => ({ mode: 'forward', batch, steps });
const train = (batch, steps) => ({ mode: 'train', batch, steps });
const sizes = (kind, inputSize, hiddenSize, numLayers = 1) => ({ kind, inputSize, hiddenSize, numLayers });

export const CASES = {
  I1: { title: 'stream LSTM 300→128 ×2', ...sizes('lstm', 300, 128, 2), ...stream },
  I2: { title: 'LSTM 300→128 ×2, B1 T50', ...sizes('lstm', 300, 128, 2), ...forward(1, 50) },
  I3: { title: 'LSTM 300→128 ×2, B32 T50', ...sizes('lstm', 300, 128, 2), ...forward(32, 50) },
  I4a: { title: 'GRU 300→128 ×2, B1 T50', ...sizes('gru', 300, 128, 2), ...forward(1, 50) },
  I4b: { title: 'GRU 300→128 ×2, B32 T50', ...sizes('gru', 300, 128, 2), ...forward(32, 50) },
  I5a: { title: 'LSTM 512→512 ×2, B1 T100', ...sizes('lstm', 512, 512, 2), ...forward(1, 100) },
  I5b: { title: 'LSTM 512→512 ×2, B16 T100', ...sizes('lstm', 512, 512, 2), ...forward(16, 100) },
  I6a: { title: 'stream GRU 40→64', ...sizes('gru', 40, 64), ...stream },
  I6b: { title: 'GRU 40→64, B1 T100', ...sizes('gru', 40, 64), ...forward(1, 100) },
  T1: { title: 'train LSTM 300→128 ×2, B32 T50', ...sizes('lstm', 300, 128, 2), ...train(32, 50) },
  // Characters as one-hot rows, a linear layer and cross-entropy on top: `classes`.
  T2: { title: 'train LSTM 65→256→65, B16 T64', ...sizes('lstm', 65, 256), ...train(16, 64), classes: 65 },

  vad: { title: 'voice activity: stream LSTM 128→128', ...sizes('lstm', 128, 128), ...stream },
  denoise: { title: 'noise suppression: stream GRU 384 ×3', ...sizes('gru', 384, 384, 3), ...stream },
  amp16: { title: 'audio samples: stream LSTM 1→16', ...sizes('lstm', 1, 16), ...stream },
  amp40: { title: 'audio samples: stream LSTM 1→40', ...sizes('lstm', 1, 40), ...stream },
  tagger: {
    title: 'tagging: BiLSTM 100→100, B1 T100',
    ...sizes('lstm', 100, 100),
    ...forward(1, 100),
    bidirectional: true,
  },
  // 14 weather readings, 240 of them back: the forecasting example of Chollet's Deep Learning with Python, section 6.3.
  forecast: { title: 'train GRU 14→32, B128 T240', ...sizes('gru', 14, 32), ...train(128, 240) },
  charlm: { title: 'train LSTM 65→512 ×2→65, B16 T32', ...sizes('lstm', 65, 512, 2), ...train(16, 32), classes: 65 },

  // feeds: beside the frame · state: input ← output of the step before · flops: of the convolutions, recurrent and linear layers.
  silero: {
    title: 'Silero VAD, a frame of 512 samples',
    mode: 'model',
    model: 'silero_vad_v6/silero_vad.onnx',
    input: 'input',
    dims: [1, 576],
    feeds: { sr: 16000 },
    state: { state: { from: 'stateN', dims: [2, 1, 128] } },
    output: 'output',
    // Spectrum of 4 windows; 3 taps to 4 × 128, 2 × 64, 64, 128 channels; LSTM 128 → 128; one probability.
    flops: 2 * (4 * 256 * 258 + 3 * (4 * 129 * 128 + 2 * 128 * 64 + 64 * 64 + 64 * 128) + 512 * 256 + 128),
  },
  dtln: {
    title: 'DTLN stage 1, a block of 257 magnitudes',
    mode: 'model',
    model: 'dtln/model_1.onnx',
    input: 'input_2',
    dims: [1, 1, 257],
    feeds: {},
    state: { input_3: { from: 'tf_op_layer_stack_2', dims: [1, 2, 128, 2] } },
    output: 'activation_2',
    // LSTM 257 → 128 → 128, linear layer 128 → 257.
    flops: 2 * (512 * (257 + 128) + 512 * 256 + 128 * 257),
  },

  'I3.gemm': { title: 'the products inside I3', mode: 'gemm', of: 'I3' },
  'T1.gemm': { title: 'the products inside T1', mode: 'gemm', of: 'T1' },
};

/** Steps over which a stream's results are compared; timed is one step. */
export const STREAM_STEPS = 50;

export const gatesOf = ({ kind }) => (kind === 'lstm' ? 4 : 3);
export const directionsOf = ({ bidirectional }) => (bidirectional ? 2 : 1);
export const inputOf = (spec, layer) => (layer === 0 ? spec.inputSize : directionsOf(spec) * spec.hiddenSize);

/** Floating-point operations of one unit: those of the matrix products, a multiplication and an addition each. */
export function flopsOf(spec) {
  if (spec.mode === 'model') return spec.flops;
  if (spec.mode === 'gemm')
    return productsOf(CASES[spec.of]).reduce((sum, p) => sum + 2 * p.m * p.n * p.k * p.times, 0);
  const { hiddenSize: H, numLayers, batch, steps, classes = 0 } = spec;
  const rows = batch * steps * 2;
  const width = directionsOf(spec) * gatesOf(spec) * H;
  let flops = rows * directionsOf(spec) * H * classes;
  for (let layer = 0; layer < numLayers; layer++) flops += rows * width * (inputOf(spec, layer) + H);
  // Backward is two products for each of forward's, but for the input's gradient, which training does not need.
  return spec.mode === 'train' ? 3 * flops - rows * width * spec.inputSize : flops;
}

/**
 * The matrix products a recurrent case consists of, `times` each, as the kernels see them: C [m, n] of sums over k.
 * kind 'forward': A·Wᵀ, 'backward': A·W, 'weights': Aᵀ·B with k rows. The top linear layer is left out.
 */
export function productsOf(spec) {
  const { hiddenSize: H, numLayers, batch, steps, mode } = spec;
  const [width, rows] = [gatesOf(spec) * H, batch * steps];
  const products = [];
  for (let layer = 0; layer < numLayers; layer++) {
    const I = inputOf(spec, layer);
    const add = (part, kind, m, n, k, times = 1) =>
      products.push({ layer, part, kind, m, n, k, times: times * directionsOf(spec) });
    add('x·W_ihᵀ', 'forward', rows, width, I);
    add('h·W_hhᵀ, all steps', 'forward', batch, width, H, steps);
    if (mode !== 'train') continue;
    add('dG·W_hh, all steps', 'backward', batch, H, width, steps);
    add('dW_ih', 'weights', width, I, rows);
    add('dW_hh', 'weights', width, H, rows);
    if (layer > 0) add('dx', 'backward', rows, I, width);
  }
  return products;
}
