import { linear } from '../ops/linear.js';
import { TensorBase } from '../tensor/base.js';
import { tensor } from '../tensor/create.js';
import type { Tensor } from '../tensor/tensor.js';
import { type CellOptions, LSTMCell } from './cells.js';
import { LayerNorm } from './layer-norm.js';

/**
 * LSTM with layer normalisation (Ba, Kiros, Hinton 2016), one step, in the form of LayerNormLSTMCell in torch's
 * benchmarks/fastrnns/custom_lstms.py (not in torch.nn):
 *
 *     i, f, g, o = LN_i(W_ih·x) + LN_h(W_hh·h)
 *     c' = LN_c(σ(f) ∘ c + σ(i) ∘ tanh(g))
 *     h' = σ(o) ∘ tanh(c')
 *
 * Parameters: weight_ih [4H, I], weight_hh [4H, H] (gates i, f, g, o; drawn as LSTMCell's), and weight and bias of the LayerNorms layernorm_i,
 * layernorm_h [4H] and layernorm_c [H]; h_0, c_0 with trainableInitialState. forward() as LSTMCell's.
 */
export class LayerNormLSTMCell extends LSTMCell {
  static override readonly name: string = 'LayerNormLSTMCell';
  layernorm_i: LayerNorm;
  layernorm_h: LayerNorm;
  layernorm_c: LayerNorm;

  /** Throws ValueError: there is no bias but those of the LayerNorms. */
  constructor(options: Omit<CellOptions, 'bias'>) {
    super({ ...options, bias: (options as CellOptions)?.bias ?? false }, { bias: [(x) => x === false, 'false'] });
    const norm = (size: number) => new LayerNorm({ normalizedShape: size });
    this.layernorm_i = norm(4 * this.hiddenSize);
    this.layernorm_h = norm(4 * this.hiddenSize);
    this.layernorm_c = norm(this.hiddenSize);
  }

  protected override advance(rows: Tensor, states: (Tensor | null)[], batch: number): Tensor[] {
    const shape = [batch, this.hiddenSize];
    const zeros = tensor(new Float32Array(batch * this.hiddenSize), shape);
    const [h, c] = states.map((state) => state?.reshape(shape) ?? zeros);
    const product = (x: Tensor, weight: Tensor) => TensorBase.apply(linear, [x, weight, null], undefined)[0];
    const gates = this.layernorm_i
      .forward(product(rows, this.weight_ih))
      .add(this.layernorm_h.forward(product(h, this.weight_hh)));
    const [i, f, g, o] = [0, 1, 2, 3].map((k) => gates.slice(1, k * shape[1], (k + 1) * shape[1]));
    const next = this.layernorm_c.forward(f.sigmoid().mul(c).add(i.sigmoid().mul(g.tanh())));
    return [o.sigmoid().mul(next.tanh()), next];
  }
}
