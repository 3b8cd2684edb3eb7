// Writing a date token by token: greedily, or with a beam of the likeliest beginnings.
import { noGrad, scope, tensor } from 'gated';
import { pad, SOURCE, TARGET } from './tokens.mjs';

const BOS = TARGET.idOf('<bos>');
const EOS = TARGET.idOf('<eos>');
/** Tokens of a date and its end; a model that goes on is stopped. */
const MAX_LENGTH = 11;

/** Runs fn for inference: eval mode, no gradients, no tensor left behind. */
function inference(model, fn) {
  const { training } = model;
  model.eval();
  try {
    return noGrad(() => scope(fn));
  } finally {
    model.train(training);
  }
}

/** Texts -> [{ iso, weights }]: the likeliest token at each step. weights[t][s]: how much token t looked at character s. */
export function greedy(model, texts) {
  return inference(model, () => {
    const sources = texts.map((text) => SOURCE.encode(text));
    const lengths = sources.map(({ length }) => length);
    let { memory, state } = model.encode(pad(sources), lengths);
    const written = texts.map(() => []);
    const weights = texts.map(() => []);
    let last = texts.map(() => BOS);
    for (let t = 0; t < MAX_LENGTH; t++) {
      const step = model.decode(
        last.map((id) => [id]),
        state,
        memory,
        lengths,
      );
      state = step.state;
      const looked = step.weights.toArray();
      last = [...step.logits.argmax(2).data()];
      last.forEach((id, row) => {
        written[row].push(id);
        weights[row].push(looked[row][0].slice(0, lengths[row]));
      });
    }
    return written.map((ids, row) => ({ iso: text(ids), weights: weights[row] }));
  });
}

/** One text -> the `width` likeliest dates [{ iso, logProbability }], best first. */
export function beam(model, textOfDate, { width = 4 } = {}) {
  return inference(model, () => {
    const source = SOURCE.encode(textOfDate);
    const start = model.encode([source], [source.length]);
    let beams = [{ ids: [], last: BOS, logProbability: 0, state: start.state.data() }];
    const done = [];
    for (let t = 0; t < MAX_LENGTH && beams.length > 0; t++) {
      const candidates = scope(() => extend(model, beams, start.memory, source.length));
      candidates.sort((a, b) => b.logProbability - a.logProbability);
      const best = candidates.slice(0, width);
      done.push(...best.filter(({ last }) => last === EOS));
      beams = best.filter(({ last }) => last !== EOS);
    }
    done.push(...beams); // those that never ended
    done.sort((a, b) => b.logProbability - a.logProbability);
    return done.slice(0, width).map(({ ids, logProbability }) => ({ iso: text(ids), logProbability }));
  });
}

/** Every beam with every token behind it. The beams are the rows of one batch, all over the same memory. */
function extend(model, beams, memory, length) {
  const [N, hidden] = [beams.length, memory.shape[2]];
  const states = new Float32Array(N * hidden);
  for (const [row, { state }] of beams.entries()) states.set(state, row * hidden);
  const { logits, state } = model.decode(
    beams.map(({ last }) => [last]),
    tensor(states, [1, N, hidden]),
    memory.add(tensor(new Float32Array(N), [N, 1, 1])), // [N, S, hidden]
    new Array(N).fill(length),
  );
  const next = state.data();
  const scores = logits.select(1, 0).logSoftmax(1).toArray();
  return beams.flatMap((beam, row) =>
    scores[row].map((score, id) => ({
      ids: [...beam.ids, id],
      last: id,
      logProbability: beam.logProbability + score,
      state: next.slice(row * hidden, (row + 1) * hidden),
    })),
  );
}

/** What stands before <eos>. */
function text(ids) {
  const end = ids.indexOf(EOS);
  return TARGET.decode(end < 0 ? ids : ids.slice(0, end));
}
