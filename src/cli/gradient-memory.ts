// How far back a gradient reaches: ‖∂loss/∂h_t‖ for every step, from a real backward pass.
import { GRUCell, LSTMCell, RNNCell } from '../nn/cells.js';
import { randn } from '../tensor/create.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';

export type MemoryKind = 'rnn' | 'lstm' | 'gru';

/**
 * Norms of the gradient of loss = Σ h_T² / 2 with respect to the hidden state h_1 … h_T of a freshly initialised cell on random
 * inputs. The LSTM's forget gate starts with bias 1 (Jozefowicz et al. 2015).
 */
export function gradientNorms(kind: MemoryKind, { steps, hidden }: { steps: number; hidden: number }): number[] {
  return scope(() => {
    const sizes = { inputSize: hidden, hiddenSize: hidden };
    const cell = kind === 'rnn' ? new RNNCell(sizes) : kind === 'gru' ? new GRUCell(sizes) : new LSTMCell(sizes);
    if (kind === 'lstm') openForgetGate(cell as LSTMCell);
    const states: Tensor[] = [];
    let h: Tensor = randn([1, hidden]);
    let c: Tensor = randn([1, hidden]);
    for (let t = 0; t < steps; t++) {
      const x = randn([1, hidden]);
      if (cell instanceof LSTMCell) [h, c] = cell.forward(x, [h, c]);
      else h = cell.forward(x, h);
      h.retainGrad();
      states.push(h);
    }
    h.mul(h).sum().mul(0.5).backward();
    const norms = states.map(({ grad }) =>
      Math.sqrt(
        (grad as Tensor)
          .mul(grad as Tensor)
          .sum()
          .item(),
      ),
    );
    cell.dispose();
    return norms;
  });
}

function openForgetGate(cell: LSTMCell): void {
  const H = cell.hiddenSize;
  const bias = (cell.bias_ih as Tensor).data();
  bias.fill(1, H, 2 * H);
  (cell.bias_ih as Tensor).set(bias);
  const other = (cell.bias_hh as Tensor).data();
  other.fill(0, H, 2 * H);
  (cell.bias_hh as Tensor).set(other);
}
