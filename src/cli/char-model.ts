// The character model of `gated train` and `gated generate`: Embedding -> RNN, LSTM or GRU -> Linear.
import { Embedding } from '../nn/embedding.js';
import { GRU } from '../nn/gru.js';
import { Linear } from '../nn/linear.js';
import { LSTM } from '../nn/lstm.js';
import { Module } from '../nn/module.js';
import { RNN } from '../nn/rnn.js';
import type { StreamLayer } from '../stream/layer.js';
import type { Tensor, TensorLike } from '../tensor/tensor.js';
import { CliError } from './terminal/cli-error.js';

export type Kind = 'rnn' | 'lstm' | 'gru';
export const KINDS: readonly Kind[] = ['rnn', 'lstm', 'gru'];

/** What a checkpoint must say so that the model can be built again. */
export interface CharModelSpec {
  kind: Kind;
  hidden: number;
  layers: number;
  embedding: number;
  dropout: number;
  /** The characters by id. */
  vocabulary: string[];
}

export class CharModel extends Module {
  readonly embedding: Embedding;
  readonly rnn: RNN | LSTM | GRU;
  readonly head: Linear;

  constructor({ kind, hidden, layers, embedding, dropout, vocabulary }: CharModelSpec) {
    super();
    const numEmbeddings = vocabulary.length;
    const sizes = { inputSize: embedding, hiddenSize: hidden, numLayers: layers, dropout };
    this.embedding = new Embedding({ numEmbeddings, embeddingDim: embedding });
    this.rnn = kind === 'rnn' ? new RNN(sizes) : kind === 'lstm' ? new LSTM(sizes) : new GRU(sizes);
    this.head = new Linear({ inFeatures: hidden, outFeatures: numEmbeddings });
  }

  /** Character ids [L, N] and the state before -> logits [L·N, vocabulary] of the characters after, and the state after. */
  forward(ids: TensorLike, state?: unknown): [Tensor, unknown] {
    const [output, next] = this.rnn.forward(this.embedding.forward(ids), state as never);
    return [this.head.forward(output.flatten(0, 1)), next];
  }

  override streamLayers(): StreamLayer[] {
    return [this.embedding, this.rnn, this.head].flatMap((layer) => layer.streamLayers());
  }
}

/** The characters of a text in code point order. */
export function vocabularyOf(text: string): string[] {
  return [...new Set(text)].sort((a, b) => (a.codePointAt(0) as number) - (b.codePointAt(0) as number));
}

/** Character ids. Throws CliError for a character the vocabulary lacks. */
export function encode(text: string, vocabulary: readonly string[]): Int32Array {
  const ids = new Map(vocabulary.map((character, id) => [character, id]));
  const missing = new Set<string>();
  const out = Array.from(text, (character) => {
    const id = ids.get(character);
    if (id === undefined) missing.add(character);
    return id ?? 0;
  });
  if (missing.size > 0) {
    throw new CliError(`the model has never seen ${[...missing].map((c) => JSON.stringify(c)).join(', ')}`);
  }
  return Int32Array.from(out);
}
