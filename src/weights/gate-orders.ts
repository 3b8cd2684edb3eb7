// The one place that knows in which order frameworks stack the gates of a recurrent weight. Letters are PyTorch's:
// LSTM i input, f forget, g cell (Keras and ONNX: c; TensorFlow 1: j), o output;
// GRU r reset, z update (TensorFlow 1: u), n new (Keras and ONNX: h; TensorFlow 1: the separate candidate).
// All of them mean h' = (1 - z)·n + z·h, so a GRU's z is never negated.
import { ValueError } from '../errors.js';

/** Sources: torch.nn.LSTM and GRU (weight_ih_l[k]); keras LSTMCell and GRUCell; the ONNX operators' W; TensorFlow 1's
 * BasicLSTMCell (adds forget_bias = 1 at run time) and GRUCell; cuDNN's linLayerID. */
export const GATE_ORDERS = {
  lstm: { torch: 'ifgo', keras: 'ifgo', onnx: 'iofg', tensorflow1: 'igfo', cudnn: 'ifgo' },
  gru: { torch: 'rzn', keras: 'zrn', onnx: 'zrn', tensorflow1: 'rzn', cudnn: 'rzn' },
} as const;

/**
 * A copy of `data` with its gate blocks moved from one order into another:
 * `reorderGates(w, H * I, GATE_ORDERS.lstm.onnx, GATE_ORDERS.lstm.torch)`.
 *
 * `data` is any number of groups, one after another; a group is one block of `blockLength` elements per gate. For
 * [4H, I] (PyTorch, ONNX) a block is H·I and there is one group, or one per direction. For [I, 4H] (Keras,
 * TensorFlow) a block is H and each row is a group. For a bias a block is H.
 */
export function reorderGates<T extends Float32Array | Int32Array>(
  data: T,
  blockLength: number,
  from: string,
  to: string,
): T {
  // Block k of the result is block `source[k]` of the input.
  const source = [...to].map((gate) => from.indexOf(gate));
  if (
    from.length !== to.length ||
    new Set(from).size !== from.length ||
    new Set(source).size !== to.length ||
    source.includes(-1)
  ) {
    throw new ValueError(`reorderGates: from '${from}' to '${to}'; expected the same gates, each once`);
  }
  const group = from.length * blockLength;
  if (!Number.isInteger(blockLength) || blockLength < 1 || data.length % group !== 0) {
    throw new ValueError(
      `reorderGates: ${data.length} elements in blocks of ${blockLength}; expected whole groups of ${from.length} gates`,
    );
  }
  const out = data.slice() as T;
  for (let start = 0; start < data.length; start += group) {
    for (let k = 0; k < source.length; k++) {
      const at = start + source[k] * blockLength;
      out.set(data.subarray(at, at + blockLength), start + k * blockLength);
    }
  }
  return out;
}
