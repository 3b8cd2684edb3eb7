// Trained models of letters: g2p_en (encoder and decoder of cells) and ml5's character model (a stream).
import { expect, test } from 'vitest';
import {
  Embedding,
  GRU,
  GRUCell,
  Linear,
  LSTM,
  Module,
  noGrad,
  Sequential,
  scope,
  type Tensor,
} from '../../src/index.js';
import { GATE_ORDERS, reorderGates } from '../../src/weights/gate-orders.js';
import { describeModel, expectNear, json, safetensors, tensorOf } from './folder.js';

describeModel('g2p_en', () => {
  /** Letters in, phonemes out: the encoder's last h is the decoder's first. */
  class G2P extends Module {
    encoderEmbedding = new Embedding({ numEmbeddings: 29, embeddingDim: 256 });
    encoder = new GRU({ inputSize: 256, hiddenSize: 256 });
    decoderEmbedding = new Embedding({ numEmbeddings: 74, embeddingDim: 256 });
    decoder = new GRUCell({ inputSize: 256, hiddenSize: 256 });
    head = new Linear({ inFeatures: 256, outFeatures: 74 });

    forward(letters: number[], bos: number, eos: number, maxSteps: number) {
      const [encoded, hN] = this.encoder.forward(this.encoderEmbedding.forward(letters));
      const [phonemes, logits]: [number[], Tensor[]] = [[], []];
      let h = hN.squeeze(0);
      for (let last = bos; phonemes.length < maxSteps; phonemes.push(last)) {
        h = this.decoder.forward(this.decoderEmbedding.forward([last]).squeeze(0), h);
        logits.push(this.head.forward(h));
        last = logits.at(-1)!.argmax(0).item();
        if (last === eos) break;
      }
      return { encoded, logits, phonemes };
    }
  }
  const golden = () => json('g2p_en/golden.json');
  function load(): G2P {
    const model = new G2P();
    const weights = safetensors('g2p_en/g2p_en.safetensors');
    const names = { enc: ['encoderEmbedding', 'encoder', '_l0'], dec: ['decoderEmbedding', 'decoder', ''] };
    const dict = new Map([
      ['head.weight', weights.get('fc_w')!],
      ['head.bias', weights.get('fc_b')!],
    ]);
    for (const [short, [embedding, gru, suffix]] of Object.entries(names)) {
      dict.set(`${embedding}.weight`, weights.get(`${short}_emb`)!);
      for (const part of ['ih', 'hh']) {
        dict.set(`${gru}.weight_${part}${suffix}`, weights.get(`${short}_w_${part}`)!);
        dict.set(`${gru}.bias_${part}${suffix}`, weights.get(`${short}_b_${part}`)!);
      }
    }
    model.loadStateDict(dict);
    return model;
  }

  test('20 words: every phoneme; encoder outputs and logits within 1e-4', () => {
    const { graphemes, phonemes, bos, eos, max_steps, expected } = golden();
    const [model, numbers] = [load(), safetensors('g2p_en/golden.safetensors')];
    expect(Object.keys(expected)).toHaveLength(20);
    let compared = 0;
    for (const word of Object.keys(expected)) {
      const letters = [...[...word].map((letter) => graphemes.indexOf(letter)), graphemes.indexOf('</s>')];
      noGrad(() =>
        scope(() => {
          const result = model.forward(letters, bos, eos, max_steps);
          expect(result.phonemes.map((p) => phonemes[p])).toEqual(expected[word]);
          const logits = numbers.get(`${word}.logits`);
          if (!logits) return;
          compared++;
          expectNear(result.encoded.data(), numbers.get(`${word}.enc_out`)!.data, `${word}: encoder`);
          expectNear(
            result.logits.flatMap((l) => [...l.data()]),
            logits.data,
            `${word}: logits`,
          );
        }),
      );
    }
    expect(compared).toBe(6);
    model.dispose();
  });
});

describeModel('ml5_charrnn', () => {
  const H = 128;
  const CELL = 'rnnlm/multi_rnn_cell';
  /** TensorFlow's BasicLSTMCell: one kernel [I + H, 4H], gates i, j, f, o, and 1 added to the forget gate at run time. */
  function load(): Sequential {
    const weights = safetensors('ml5_charrnn/shakespeare/weights.safetensors');
    const { tensorflow1, torch } = GATE_ORDERS.lstm;
    const model = new Sequential(
      new Embedding({ numEmbeddings: 65, embeddingDim: H }),
      new LSTM({ inputSize: H, hiddenSize: H, numLayers: 2 }),
      new Linear({ inFeatures: H, outFeatures: 65 }),
    );
    scope(() => {
      const dict: Record<string, unknown> = {
        '0.weight': weights.get('embedding'),
        '2.weight': tensorOf(weights, 'rnnlm/softmax_w').transpose(0, 1),
        '2.bias': weights.get('rnnlm/softmax_b'),
      };
      for (const k of [0, 1]) {
        const kernel = tensorOf(weights, `${CELL}/cell_${k}/basic_lstm_cell/weights`);
        const part = (from: number) => ({
          shape: [4 * H, H],
          data: reorderGates(
            kernel
              .slice(0, from, from + H)
              .transpose(0, 1)
              .data() as Float32Array,
            H * H,
            tensorflow1,
            torch,
          ),
        });
        const bias = weights.get(`${CELL}/cell_${k}/basic_lstm_cell/biases`)!.data as Float32Array;
        dict[`1.weight_ih_l${k}`] = part(0);
        dict[`1.weight_hh_l${k}`] = part(H);
        dict[`1.bias_ih_l${k}`] = reorderGates(bias, H, tensorflow1, torch);
        dict[`1.bias_hh_l${k}`] = new Float32Array(4 * H).fill(1, H, 2 * H);
      }
      model.loadStateDict(dict as never);
    });
    return model;
  }

  test('"The " and 120 letters, greedily, as a stream: the text; logits and last states within 1e-4', () => {
    const golden = safetensors('ml5_charrnn/shakespeare/golden.safetensors');
    const vocabulary = json('ml5_charrnn/shakespeare/vocab.json') as Record<string, number>;
    const letters = new Map(Object.entries(vocabulary).map(([letter, id]) => [id, letter]));
    const logits = golden.get('logits')!.data as Float32Array;
    const [model, expected] = [load(), golden.metadata.get('text')!];
    const stream = model.stream();
    let written = 'The ';
    for (let k = 0; k < 124; k++) {
      const scores = stream.step(Int32Array.of(vocabulary[written[k]]));
      expectNear(scores, logits.subarray(k * 65, (k + 1) * 65), `logits after letter ${k}`);
      if (k >= 3) written += letters.get(scores.indexOf(Math.max(...scores)));
    }
    expect(written.slice(0, expected.length)).toBe(expected);
    expect(expected.length).toBeGreaterThanOrEqual(124);
    const states = stream.state.entries;
    ['h0', 'c0', 'h1', 'c1'].forEach((name, i) => {
      expectNear(states[i].data, golden.get(name)!.data as Float32Array, name);
    });
    model.dispose();
  });
});
