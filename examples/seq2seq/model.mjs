// An encoder that reads the text in both directions, a decoder that writes the date, and attention between them.
import { AdditiveAttention, concat, Embedding, GRU, Linear, Module } from 'gated';

const EMBEDDING = 32;
const HIDDEN = 96;
const ATTENTION = 48;

export class Translator extends Module {
  /** @param sizes { source, target }: how many tokens the vocabularies have. */
  constructor({ source, target }) {
    super();
    this.sourceEmbedding = new Embedding({ numEmbeddings: source, embeddingDim: EMBEDDING });
    this.encoder = new GRU({ inputSize: EMBEDDING, hiddenSize: HIDDEN / 2, bidirectional: true, batchFirst: true });
    this.targetEmbedding = new Embedding({ numEmbeddings: target, embeddingDim: EMBEDDING });
    this.decoder = new GRU({ inputSize: EMBEDDING, hiddenSize: HIDDEN, batchFirst: true });
    this.attention = new AdditiveAttention({ querySize: HIDDEN, keySize: HIDDEN, hiddenSize: ATTENTION });
    this.combine = new Linear({ inFeatures: 2 * HIDDEN, outFeatures: HIDDEN });
    this.head = new Linear({ inFeatures: HIDDEN, outFeatures: target });
  }

  /** Token ids [N, S] -> what the decoder works from: memory [N, S, HIDDEN] and its first state [1, N, HIDDEN]. */
  encode(ids, lengths) {
    const [memory, h] = this.encoder.forward(this.sourceEmbedding.forward(ids), null, { lengths });
    // The last state of each direction, side by side.
    return { memory, state: concat([h.slice(0, 0, 1), h.slice(0, 1, 2)], 2) };
  }

  /** Tokens written so far [N, T] -> logits of the tokens after them [N, T, target], the next state, and who looked where [N, T, S]. */
  decode(ids, state, memory, lengths) {
    const [output, next] = this.decoder.forward(this.targetEmbedding.forward(ids), state);
    const [context, weights] = this.attention.forward(output, memory, memory, { lengths });
    const logits = this.head.forward(this.combine.forward(concat([output, context], 2)).tanh());
    return { logits, state: next, weights };
  }

  /** Teacher forcing: the decoder is given the right token at each step, whatever it would have written, so all steps are one call. */
  forward(source, lengths, given) {
    const { memory, state } = this.encode(source, lengths);
    return this.decode(given, state, memory, lengths).logits;
  }
}
