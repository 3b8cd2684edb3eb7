// What PyTorch's own tests say of recurrent modules that run: unbatched input, dropout, retained graphs, shared weights, layouts.
// What recurrent.test.ts and module.test.ts hold already is not repeated.
import { beforeEach, describe, expect, test } from 'vitest';
import {
  GRU,
  GRUCell,
  LSTM,
  LSTMCell,
  type Module,
  manualSeed,
  noGrad,
  ones,
  RNN,
  RNNCell,
  randn,
  scope,
  type Tensor,
  tensor,
  zeros,
} from '../../src/index.js';

beforeEach(() => manualSeed(1));

const MAKE = {
  RNN: (o = {}) => new RNN({ inputSize: 3, hiddenSize: 5, ...o }),
  LSTM: (o = {}) => new LSTM({ inputSize: 3, hiddenSize: 5, ...o }),
  GRU: (o = {}) => new GRU({ inputSize: 3, hiddenSize: 5, ...o }),
};
const CELL = {
  RNN: () => new RNNCell({ inputSize: 3, hiddenSize: 5 }),
  LSTM: () => new LSTMCell({ inputSize: 3, hiddenSize: 5 }),
  GRU: () => new GRUCell({ inputSize: 3, hiddenSize: 5 }),
};
type Kind = keyof typeof MAKE;
const KINDS = Object.keys(MAKE) as Kind[];
/** [output, h, c?] of a layer, [h, c?] of a cell. */
function run(model: object, x: Tensor, state?: unknown): Tensor[] {
  return [(model as RNN).forward(x, state as Tensor)].flat(2) as Tensor[];
}
const values = (tensors: Tensor[]) => tensors.map((t) => t.toArray());
const leaf = (shape: number[]) => tensor(randn(shape).data(), { shape, requiresGrad: true });
const gradients = (model: Module) => model.parameters().map((p) => p.grad!.data());

/** Every combination of these options. */
const combinations = (table: Record<string, readonly unknown[]>): Record<string, unknown>[] =>
  Object.entries(table).reduce<Record<string, unknown>[]>(
    (all, [name, list]) => all.flatMap((one) => list.map((value) => ({ ...one, [name]: value }))),
    [{}],
  );

describe.each(KINDS)('%s', (kind) => {
  const lstm = kind === 'LSTM';
  const pair = (h: number[], c: number[]) => (lstm ? [randn(h), randn(c)] : randn(h));

  test('unbatched equals batched squeezed, state and gradients too, over all options', () => {
    const table = {
      bias: [true, false],
      numLayers: [1, 2, 3],
      bidirectional: [false, true],
      batchFirst: [false, true],
      dropout: [0, 0.5],
      ...(lstm ? { projSize: [0, 2] } : {}),
    };
    for (const options of combinations(table)) {
      scope(() => {
        const model = MAKE[kind](options).eval();
        const count = model.numLayers * (model.bidirectional ? 2 : 1);
        const [x, state] = [leaf([6, 3]), pair([count, model.projSize || 5], [count, 5])];
        const alone = run(model, x, state);
        for (const r of alone) r.sum().backward({ retainGraph: true });
        const [own, ownInput] = [gradients(model), x.grad!.data()];
        model.zeroGrad();
        x.grad = null;
        const inBatch = [state].flat().map((s) => s.unsqueeze(1));
        const batch = run(model, x.unsqueeze(model.batchFirst ? 0 : 1), lstm ? inBatch : inBatch[0]);
        for (const r of batch) r.sum().backward({ retainGraph: true });
        const squeezed = batch.map((r, i) => r.squeeze(i === 0 && model.batchFirst ? 0 : 1));
        expect(values(alone), JSON.stringify(options)).toEqual(values(squeezed));
        expect([own, ownInput]).toEqual([gradients(model), x.grad!.data()]);
        model.dispose();
      });
    }
  });

  test('no state equals zeros, in gradients too; null equals none; a cell likewise', () => {
    scope(() => {
      for (const [model, shape, state] of [
        [MAKE[kind]({ numLayers: 2, bidirectional: true }), [4, 2, 3], [4, 2, 5]],
        [CELL[kind](), [2, 3], [2, 5]],
      ] as const) {
        const x = randn(shape);
        const zero = lstm ? [zeros(state), zeros(state)] : zeros(state);
        const results = [
          undefined,
          null,
          zero,
          ...(lstm
            ? [
                [null, null],
                [zeros(state), null],
              ]
            : []),
        ].map((given) => {
          model.zeroGrad();
          const [first] = run(model, x, given);
          first.sum().backward();
          return [first.toArray(), gradients(model)];
        });
        for (const result of results) expect(result).toEqual(results[0]);
      }
    });
  });

  test('an empty batch: gradients of the input, states and weights; batch first; a cell', () => {
    scope(() => {
      for (const [model, input, state] of [
        [MAKE[kind]({ batchFirst: true }), [0, 4, 3], [1, 0, 5]],
        [CELL[kind](), [0, 3], [0, 5]],
      ] as const) {
        const [x, h] = [leaf([...input]), leaf([...state])];
        const results = run(model, x, lstm ? [h, leaf([...state])] : h);
        expect(results.at(-1)!.shape).toEqual(state);
        results[0].sum().backward();
        expect([x.grad!.shape, h.grad!.shape]).toEqual([input, state]);
        expect(gradients(model).every((g) => g.every((v: number) => v === 0))).toBe(true);
      }
    });
  });

  test('a retained graph gives the same gradients twice, with lengths and without', () => {
    scope(() => {
      const model = MAKE[kind]({ numLayers: 2, bidirectional: true, ...(lstm ? { projSize: 2 } : {}) });
      for (const options of [{}, { lengths: [2, 5] }]) {
        const x = leaf([5, 2, 3]);
        const [output] = (model as RNN).forward(x, null, options);
        const loss = output.mul(output).sum();
        const once = (retainGraph: boolean) => {
          model.zeroGrad();
          x.grad = null;
          loss.backward({ retainGraph });
          return [x.grad!, ...gradients(model)];
        };
        const first = values([once(true)[0] as Tensor]);
        const weights = gradients(model);
        expect(values([once(false)[0] as Tensor])).toEqual(first);
        expect(gradients(model)).toEqual(weights);
      }
    });
  });

  test('gradients from each result alone add up to those of all', () => {
    scope(() => {
      const model = MAKE[kind]({ numLayers: 2, bidirectional: true });
      const [x, h0, c0] = [leaf([4, 2, 3]), leaf([4, 2, 5]), leaf([4, 2, 5])];
      const results = run(model, x, lstm ? [h0, c0] : h0);
      const wanted = [x, h0, ...(lstm ? [c0] : []), ...model.parameters()];
      const from = (losses: Tensor[]) => {
        for (const t of wanted) t.grad = null;
        for (const loss of losses) loss.sum().backward({ retainGraph: true });
        return wanted.map((t) => t.grad!.data());
      };
      const parts = results.map((r) => from([r]));
      from(results).forEach((all, k) => {
        all.forEach((g: number, i: number) => {
          const sum = parts.reduce((s, part) => s + part[k][i], 0);
          expect(Math.abs(g - sum)).toBeLessThan(1e-5 * Math.max(1, Math.abs(sum)));
        });
      });
      // h and c of the last step alone reach every weight of every layer.
      for (const part of parts.slice(1)) expect(part.every((g) => g.some((v: number) => v !== 0))).toBe(true);
    });
  });

  test('inputs and states that were transposed, permuted or sliced are read as they look', () => {
    scope(() => {
      const model = MAKE[kind]({ numLayers: 2 });
      const fresh = (t: Tensor) => tensor(t.data(), t.shape);
      const inputs = [
        randn([2, 4, 3]).transpose(0, 1),
        randn([3, 2, 4]).permute([2, 1, 0]),
        randn([9, 2, 3]).slice(0, 3, 7),
        randn([4, 2, 8]).slice(2, 4, 7),
        randn([4, 6, 3]).slice(1, -2).reshape([4, 2, 3]),
      ];
      const states = [
        randn([2, 2, 5]).transpose(0, 1),
        randn([5, 2, 2]).permute([2, 1, 0]),
        randn([2, 3, 5]).slice(1, 1),
      ];
      for (const x of inputs) {
        for (const s of states) {
          const given = run(model, x, lstm ? [s, states[0]] : s);
          const copies = run(model, fresh(x), lstm ? [fresh(s), fresh(states[0])] : fresh(s));
          expect(values(given)).toEqual(values(copies));
        }
      }
      const cell = CELL[kind]();
      const [x, h] = [randn([3, 4]).transpose(0, 1), randn([4, 9]).slice(1, 2, 7)];
      const state = (t: Tensor) => (lstm ? [t, t] : t);
      expect(values(run(cell, x, state(h)))).toEqual(values(run(cell, fresh(x), state(fresh(h)))));
    });
  });

  test('gradients go back through a transposed input to where they belong', () => {
    scope(() => {
      const model = MAKE[kind]();
      const x = leaf([2, 4, 3]);
      const straight = tensor(x.transpose(0, 1).data(), { shape: [4, 2, 3], requiresGrad: true });
      run(model, x.transpose(0, 1))[0].sum().backward();
      run(model, straight)[0].sum().backward();
      expect(x.grad!.transpose(0, 1).toArray()).toEqual(straight.grad!.toArray());
    });
  });

  test('dropout set after construction takes effect; the first layer’s state and the last layer see none', () => {
    scope(() => {
      manualSeed(2);
      const model = MAKE[kind]({ numLayers: 2 });
      const x = randn([5, 2, 3]);
      const [quiet, quietH] = run(model, x);
      model.dropout = 0.5;
      const [output, h] = run(model, x);
      expect(output.toArray()).not.toEqual(quiet.toArray());
      expect(h.select(0, 0).toArray()).toEqual(quietH.select(0, 0).toArray());
      // Not after the last layer: its output at the last step is its state.
      expect(output.select(0, -1).toArray()).toEqual(h.select(0, 1).toArray());
      expect(run(model.eval(), x)[0].toArray()).toEqual(quiet.toArray());
      model.train().dropout = 0;
      expect(run(model, x)[0].toArray()).toEqual(quiet.toArray());
    });
  });
});

describe('PyTorch’s test_RNN_dropout: RNN(10, 1000, 2 layers, relu, no bias), all weights and inputs 1', () => {
  const make = (dropout: number) => {
    const rnn = new RNN({ inputSize: 10, hiddenSize: 1000, numLayers: 2, bias: false, nonlinearity: 'relu', dropout });
    for (const p of rnn.parameters()) p.set(ones(p.shape));
    return rnn;
  };
  test.each([
    [0, true],
    [0, false],
    [0.1, true],
    [0.1, false],
    [0.9, true],
    [0.9, false],
    [1, true],
    [1, false],
  ])('p = %s, training %s', (p, training) => {
    manualSeed(4);
    const rnn = make(p).train(training);
    const [output, hN] = noGrad(() => scope(() => rnn.forward(ones([1, 1, 10]), zeros([2, 1, 1000]))));
    const [first, second] = [0, 1].map((layer) => [...hN.select(0, layer).data()]);
    const all = [...output.data()];
    // The mask is never on the state, and one output for all: it is not on the last layer either.
    expect(first).toEqual(Array(1000).fill(10));
    expect(second).toEqual(all);
    expect(all).toEqual(Array(1000).fill(all[0]));
    if (p === 0 || !training) expect(all[0]).toBe(10_000);
    else if (p === 1) expect(all[0]).toBe(0);
    else {
      expect(Math.abs(all[0] - 10_000)).toBeLessThan(p === 0.9 ? 4000 : 1000);
      // Each unit is dropped or scaled by 1 / (1 - p).
      const kept = (all[0] * (1 - p)) / 10;
      expect(Math.abs(kept - Math.round(kept))).toBeLessThan(1e-2);
    }
    rnn.dispose();
  });
});
