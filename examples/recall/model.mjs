// Embedding, one recurrent layer, and a head on its last state: the only road from the first symbol to the answer.
import { crossEntropy, Embedding, GRU, Linear, LSTM, Module, RNN, rand, scope } from 'gated';
import { CLASSES } from './task.mjs';

export const KINDS = { RNN, LSTM, GRU };
const HIDDEN = 32;
const EMBEDDING = 16;

export class Recall extends Module {
  embedding = new Embedding({ numEmbeddings: CLASSES, embeddingDim: EMBEDDING });

  /** @param span letters to bridge: what the gates' biases are set from. */
  constructor(kind, span) {
    super();
    this.rnn = new KINDS[kind]({ inputSize: EMBEDDING, hiddenSize: HIDDEN });
    this.head = new Linear({ inFeatures: HIDDEN, outFeatures: CLASSES });
    setGateBiases(this.rnn, span);
  }

  /** Ids [L, N] -> logits [N, CLASSES]. */
  forward(ids) {
    return this.answer(this.embedding.forward(ids));
  }
  answer(symbols) {
    const [, state] = this.rnn.forward(symbols);
    const hidden = Array.isArray(state) ? state[0] : state; // an LSTM's is [h, c]
    return this.head.forward(hidden.squeeze(0));
  }

  /** ‖∂loss/∂(embedding of step t)‖ for every step: how much of the error reaches the symbol that far back. */
  gradientFlow({ ids, first }) {
    const flow = scope(() => {
      const symbols = this.embedding.forward(ids);
      symbols.retainGrad();
      crossEntropy(this.answer(symbols), first).backward();
      return symbols.grad.toArray().map((step) => Math.sqrt(step.flat().reduce((sum, x) => sum + x * x, 0)));
    });
    this.zeroGrad();
    return flow;
  }
}

/**
 * Chrono initialisation (Tallec and Ollivier, "Can recurrent neural networks warp time?", ICLR 2018): a gate that keeps f of the state at each
 * step remembers for about 1 / (1 - f) steps, so biases log(u - 1) with u uniform up to the span give units that remember for 1 to `span` steps.
 * LSTM: forget gate +log, input gate -log. GRU: its update gate keeps, +log. A plain RNN has no gates, so the rule gives it nothing.
 */
function setGateBiases(rnn, span) {
  if (rnn instanceof RNN) return;
  scope(() => {
    const memory = rand([HIDDEN])
      .mul(span - 2)
      .add(1)
      .log()
      .data(); // log in WebAssembly: the same bits on every machine
    const set = (gate, sign) => {
      const [b, zero] = [rnn.bias_ih_l0.data(), rnn.bias_hh_l0.data()];
      b.set(
        memory.map((x) => sign * x),
        gate * HIDDEN,
      );
      zero.fill(0, gate * HIDDEN, (gate + 1) * HIDDEN);
      rnn.bias_ih_l0.set(b);
      rnn.bias_hh_l0.set(zero);
    };
    set(1, 1); // PyTorch's order: the LSTM's i, f, g, o and the GRU's r, z, n
    if (rnn instanceof LSTM) set(0, -1);
  });
}
