// The model and how words become numbers. Used by the edge function, train.mjs and the tests.
import { Embedding, GRU, Linear, Module, noGrad, scope, tensor } from 'gated';
import { load } from 'gated/safetensors';

export const LANGUAGES = ['English', 'German', 'Spanish', 'Finnish'];
export const MAX_LETTERS = 32;

export class Classifier extends Module {
  // 0 stands for the padding behind short words; `lengths` keeps the GRU from ever reading it.
  embedding = new Embedding({ numEmbeddings: 27, embeddingDim: 12 });
  gru = new GRU({ inputSize: 12, hiddenSize: 32, batchFirst: true });
  head = new Linear({ inFeatures: 32, outFeatures: LANGUAGES.length });

  /** Letters [N, L] -> scores [N, languages], each from where its word ends. */
  forward(letters, lengths) {
    const [, hN] = this.gru.forward(this.embedding.forward(letters), null, { lengths });
    return this.head.forward(hN.squeeze(0));
  }
}

/** 1 to 26 for a to z, accents taken off so that they do not give the language away. Null for a word with anything else in it, an empty one or one too long. */
export function lettersOf(word) {
  const plain = word.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replaceAll('ß', 'ss');
  if (!/^[a-z]+$/.test(plain) || plain.length > MAX_LETTERS) return null;
  return Array.from(plain, (letter) => letter.charCodeAt(0) - 96);
}

/** Words of different lengths as one int32 tensor [N, longest], and their lengths. */
export function toBatch(words) {
  const lengths = words.map((letters) => letters.length);
  const longest = Math.max(...lengths);
  const ids = new Int32Array(words.length * longest);
  words.forEach((letters, row) => {
    ids.set(letters, row * longest);
  });
  return { ids: tensor(ids, [words.length, longest]), lengths };
}

/** classify(words as letters) gives for each word the probabilities of LANGUAGES, with the weights of a .safetensors file's bytes. */
export function createClassifier(bytes) {
  const model = new Classifier();
  model.loadStateDict(load(bytes));
  return (words) =>
    // What a request makes in WebAssembly memory is freed at the end of the scope; only the nested arrays leave it.
    scope(() => {
      const { ids, lengths } = toBatch(words);
      return noGrad(() => model.forward(ids, lengths).softmax(1).toArray());
    });
}
