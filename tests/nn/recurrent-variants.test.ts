// What the recurrent modules have beyond PyTorch: trained initial states, locked and recurrent dropout, LayerNorm-LSTM.
import { describe, expect, test } from 'vitest';
import {
  Dropout,
  GRU,
  GRUCell,
  GraphError,
  gradCheck,
  LayerNormLSTMCell,
  LSTM,
  LSTMCell,
  type Module,
  manualSeed,
  memoryInfo,
  ones,
  packPaddedSequence,
  parameter,
  RNN,
  RNNCell,
  randn,
  randomState,
  SGD,
  ShapeError,
  scope,
  setRandomState,
  type Tensor,
} from '../../src/index.js';

const sizes = { inputSize: 3, hiddenSize: 4 };
type Layer = RNN | LSTM | GRU;
const LAYERS: Record<string, (o?: object) => Layer> = {
  RNN: (o) => new RNN({ ...sizes, ...o }),
  LSTM: (o) => new LSTM({ ...sizes, ...o }),
  'LSTM with peepholes and projection': (o) => new LSTM({ ...sizes, peepholes: true, projSize: 2, ...o }),
  GRU: (o) => new GRU({ ...sizes, ...o }),
  'GRU with reset before': (o) => new GRU({ ...sizes, resetAfter: false, ...o }),
};
const run = (model: Layer, x: unknown, state?: unknown, options = {}) =>
  [model.forward(x as Tensor, state as never, options)].flat(3) as Tensor[];
const close = (got: ArrayLike<number>, want: ArrayLike<number>, bound: number) => {
  expect(got.length).toBe(want.length);
  for (let i = 0; i < got.length; i++) expect(Math.abs(got[i] - want[i])).toBeLessThan(bound);
};
const values = (tensors: readonly Tensor[]) => tensors.map((t) => t.toArray());

describe.each(Object.entries(LAYERS))('%s', (_name, make) => {
  test('gradCheck: everything, with a mask, trained states and lengths', () => {
    manualSeed(2);
    const model = make({ bidirectional: true, recurrentDropout: 0.4, trainableInitialState: true });
    const x = parameter(randn([3, 2, 3]));
    const forward = () => {
      manualSeed(3);
      return run(model, x, undefined, { lengths: [2, 3] });
    };
    for (const state of [model.h_0, model.c_0]) state?.set(randn(state.shape));
    expect(scope(() => gradCheck(forward, [x, ...model.parameters()]))).toBe(true);
    model.dispose();
  });

  test('trained initial states: zeros at first, the state where none is given, one gradient for all rows', () => {
    scope(() => {
      const model = make({ numLayers: 2, bidirectional: true, trainableInitialState: true });
      const plain = make({ numLayers: 2, bidirectional: true });
      const names = Object.keys(model.stateDict()).slice(Object.keys(plain.stateDict()).length);
      expect(names).toEqual(model instanceof LSTM ? ['h_0', 'c_0'] : ['h_0']);
      const S = model.projSize || 4;
      expect(model.h_0!.shape).toEqual([4, 1, S]);
      if (model instanceof LSTM) expect(model.c_0!.shape).toEqual([4, 1, 4]);
      plain.loadStateDict(model.stateDict(), { strict: false });
      const x = randn([5, 3, 3]);
      expect(values(run(model, x))).toEqual(values(run(plain, x)));
      const own = [model.h_0!, model.c_0].filter((s) => s !== undefined);
      for (const state of own) state.set(randn(state.shape));
      const repeated = own.map((s) => parameter(s.add(ones([1, 3, 1])).sub(1)));
      for (const [i, s] of repeated.entries())
        s.set(
          Float32Array.from(
            s.data(),
            (_, k) => own[i].data()[Math.floor(k / (s.size / 4)) * (own[i].size / 4) + (k % (own[i].size / 4))],
          ),
        );
      const given = model instanceof LSTM ? repeated : repeated[0];
      for (const options of [{}, { lengths: [4, 5, 1] }]) {
        expect(values(run(model, x, undefined, options))).toEqual(values(run(plain, x, given, options)));
      }
      const packed = packPaddedSequence(x, [4, 5, 1], { enforceSorted: false });
      expect(values(run(model, packed).slice(1))).toEqual(
        values(run(plain, x, given, { lengths: [4, 5, 1] }).slice(1)),
      );
      // A state that is given wins.
      const zero = repeated.map((s) => s.mul(0));
      expect(values(run(model, x, model instanceof LSTM ? zero : zero[0]))).toEqual(values(run(plain, x)));
      run(model, x)[0].sum().backward();
      run(plain, x, given)[0].sum().backward();
      own.forEach((s, i) => {
        close(s.grad!.data(), repeated[i].grad!.sum(1, true).data(), 1e-5);
      });
      expect(run(model, x.select(1, 0))[0].toArray()).toEqual(run(model, x)[0].select(1, 0).toArray());
      model.resetParameters();
      expect(own.every((s) => s.data().every((v: number) => v === 0))).toBe(true);
      run(model, randn([2, 0, 3]))[0]
        .sum()
        .backward();
    });
  });

  test('recurrent dropout: one mask of h for all steps while training; eval, predict and streams have none', () => {
    scope(() => {
      manualSeed(4);
      const model = make({ recurrentDropout: 0.5 });
      const plain = make();
      plain.loadStateDict(model.stateDict());
      const x = randn([6, 2, 3]);
      const once = () => values(run(model, x));
      manualSeed(5);
      const saved = randomState();
      const first = once();
      expect(once()).not.toEqual(first);
      setRandomState(saved);
      expect(once()).toEqual(first);
      expect((model as LSTM).predict(x)).toEqual((plain as LSTM).predict(x));
      model.eval();
      expect(once()).toEqual(values(run(plain, x)));
      model.train();
      model.recurrentDropout = 0;
      expect(once()).toEqual(values(run(plain, x)));
      // Everything dropped: no step sees the h before, so that a step alone gives the same gates.
      model.recurrentDropout = 1;
      for (const name of Object.keys(model.stateDict()))
        if (name.startsWith('weight_hh')) plain.stateDict()[name].set(0);
      expect(once()).toEqual(values(run(plain, x)));
    });
  });

  test('locked dropout between layers drops the same elements at every step', () => {
    scope(() => {
      manualSeed(6);
      const model = make({ numLayers: 2, dropout: 0.5, lockedDropout: true });
      // Layer 1 passes on whether its input was dropped: every step of a row has the same sign pattern of gradients.
      const x = parameter(randn([5, 3, 3]));
      const [output] = run(model, x, undefined, { lengths: [5, 3, 4] });
      expect(output.shape[0]).toBe(5);
      output.sum().backward();
      expect([...x.grad!.data()].every(Number.isFinite)).toBe(true);
      manualSeed(7);
      const a = values(run(model, x));
      manualSeed(7);
      expect(values(run(model, x))).toEqual(a);
      model.lockedDropout = false;
      manualSeed(7);
      expect(values(run(model, x))).not.toEqual(a);
    });
  });

  test('a retained graph gives the same gradients twice; a changed weight in between is refused', () => {
    scope(() => {
      manualSeed(16);
      const model = make({ recurrentDropout: 0.4, trainableInitialState: true });
      const loss = run(model, randn([4, 2, 3]))[0].sum();
      loss.backward({ retainGraph: true });
      const once = model.parameters().map((p) => [...p.grad!.data()]);
      loss.backward({ retainGraph: true });
      model.parameters().forEach((p, i) => {
        expect([...p.grad!.data()]).toEqual(once[i].map((g) => 2 * g));
      });
      (model instanceof LSTM && model.peepholes ? model.weight_peephole_l0 : model.weight_hh_l0).set(0);
      expect(() => loss.backward()).toThrow(GraphError);
    });
  });

  test('training with all of it runs flat', () => {
    manualSeed(8);
    const model = make({
      numLayers: 2,
      dropout: 0.2,
      lockedDropout: true,
      recurrentDropout: 0.3,
      trainableInitialState: true,
    });
    const optimizer = new SGD(model.parameters(), { lr: 0.1 });
    const step = () =>
      scope(() => {
        optimizer.zeroGrad();
        run(model, randn([4, 2, 3]), undefined, { lengths: [4, 2] })[0]
          .sum()
          .backward();
        optimizer.step();
      });
    step();
    step();
    const before = memoryInfo();
    for (let i = 0; i < 50; i++) step();
    const after = memoryInfo();
    expect([after.liveBlocks, after.liveBytes]).toEqual([before.liveBlocks, before.liveBytes]);
    optimizer.dispose();
    model.dispose();
  });
});

/** The mask that manualSeed(seed) gives, [N, S]. */
const maskOf = (seed: number, shape: number[], p: number) => {
  manualSeed(seed);
  return new Dropout({ p }).forward(ones([1, ...shape])).reshape(shape);
};

describe('recurrent dropout is what it says: W_hh multiplies mask ∘ h', () => {
  // Cells whose h is masked by hand; a GRU's carried h is not, so its cell is written out.
  const gru = (model: GRU, x: Tensor, h: Tensor, mask: Tensor) => {
    const [wIh, wHh, bIh, bHh] = model.parameters();
    const parts = (t: Tensor) => [0, 1, 2].map((k) => t.slice(t.shape.length - 1, 4 * k, 4 * k + 4));
    const [xr, xz, xn] = parts(x.matmul(wIh.transpose(0, 1)).add(bIh));
    const seen = h.mul(mask);
    const [hr, hz, hn] = parts(seen.matmul(wHh.transpose(0, 1)).add(bHh));
    const [r, z] = [xr.add(hr).sigmoid(), xz.add(hz).sigmoid()];
    const reset = model.resetAfter
      ? r.mul(hn)
      : r.mul(seen).matmul(wHh.slice(0, 8).transpose(0, 1)).add(bHh.slice(0, 8));
    const n = xn.add(reset).tanh();
    return n.add(z.mul(h.sub(n)));
  };
  test.each(['RNN', 'LSTM', 'GRU', 'GRU with reset before'])('%s, values and gradients', (name) => {
    scope(() => {
      manualSeed(9);
      const model = LAYERS[name]({ recurrentDropout: 0.4 });
      const x = parameter(randn([5, 2, 3]));
      const mask = maskOf(10, [2, 4], 0.4);
      expect(new Set(mask.data()).size).toBe(2);
      manualSeed(10);
      const got = run(model, x)[0];
      const gradients = (output: Tensor) => {
        model.zeroGrad();
        x.grad = null;
        output.mul(output).sum().backward();
        return [x, ...model.parameters()].map((p) => [...p.grad!.data()]);
      };
      const gotGradients = gradients(got);
      const cell = name === 'LSTM' ? new LSTMCell(sizes) : new RNNCell(sizes);
      for (const key of ['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh'] as const) cell[key] = model[`${key}_l0`];
      let [h, c]: Tensor[] = [randn([2, 4]).mul(0), randn([2, 4]).mul(0)];
      const steps: Tensor[] = [];
      for (let t = 0; t < 5; t++) {
        const xt = x.select(0, t);
        if (model instanceof GRU) h = gru(model, xt, h, mask);
        else if (cell instanceof LSTMCell) [h, c] = cell.forward(xt, [h.mul(mask), c]);
        else h = cell.forward(xt, h.mul(mask));
        steps.push(h.unsqueeze(0));
      }
      const want = steps.reduce((all, step, t) => {
        close(step.data(), got.data().slice(t * 8, t * 8 + 8), 1e-6);
        return all.add(step.mul(step).sum());
      }, randn([]).mul(0));
      model.zeroGrad();
      x.grad = null;
      want.backward();
      [x, ...model.parameters()].forEach((p, i) => {
        close(p.grad!.data(), gotGradients[i], 1e-5);
      });
    });
  });
  test('statistics: a share p of 0, the others 1 / (1 - p)', () => {
    scope(() => {
      const mask = maskOf(11, [100, 100], 0.3).data();
      const dropped = Array.from(mask).filter((v) => v === 0).length;
      // 10,000 draws: a standard deviation is 46.
      expect(Math.abs(dropped - 3000)).toBeLessThan(200);
      expect(new Set(mask)).toEqual(new Set([0, Math.fround(1 / 0.7)]));
    });
  });
});

describe('cells', () => {
  test('LayerNormLSTMCell: gradCheck, names, trained states, unbatched = batched', () => {
    scope(() => {
      manualSeed(14);
      const cell = new LayerNormLSTMCell({ ...sizes, trainableInitialState: true });
      expect(Object.keys(cell.stateDict())).toEqual([
        'weight_ih',
        'weight_hh',
        'h_0',
        'c_0',
        ...['i', 'h', 'c'].flatMap((n) => [`layernorm_${n}.weight`, `layernorm_${n}.bias`]),
      ]);
      for (const p of cell.parameters()) p.set(randn(p.shape));
      const [x, h, c] = [3, 4, 4].map((n) => parameter(randn([2, n])));
      expect(
        gradCheck(
          () => cell.forward(x, [h, c]),
          [x, h, c, ...cell.parameters().filter((p) => p !== cell.h_0 && p !== cell.c_0)],
        ),
      ).toBe(true);
      expect(gradCheck(() => cell.forward(x), [cell.h_0!, cell.c_0!])).toBe(true);
      const [whole, alone] = [cell.forward(x, [h, c]), cell.forward(x.select(0, 1), [h.select(0, 1), c.select(0, 1)])];
      expect(values(alone)).toEqual(values(whole.map((t) => t.select(0, 1))));
      const count = memoryInfo().liveBlocks;
      for (let i = 0; i < 10; i++) scope(() => cell.forward(x)[0].sum().backward());
      expect(memoryInfo().liveBlocks - count).toBeLessThan(20);
      expect(() => cell.forward(randn([2, 4]))).toThrow(
        /LayerNormLSTMCell.forward: input is \[2, 4\]; expected \[batch, 3\]/,
      );
      expect(() => new LayerNormLSTMCell({ ...sizes, bias: true } as never)).toThrow(/bias is true; expected false/);
      expect(String(cell)).toMatch(/layernorm_c\): LayerNorm\(\{ normalizedShape/);
    });
  });
  test.each<[string, () => Module & { forward: unknown }, string[]]>([
    ['GRUCell', () => new GRUCell({ ...sizes, resetAfter: false, trainableInitialState: true }), ['h_0']],
    [
      'LSTMCell',
      () => new LSTMCell({ ...sizes, peepholes: true, trainableInitialState: true }),
      ['weight_peephole', 'h_0', 'c_0'],
    ],
  ])('%s with its options: names and gradCheck', (_name, make, names) => {
    scope(() => {
      manualSeed(15);
      const cell = make() as GRUCell | LSTMCell;
      expect(Object.keys(cell.stateDict()).slice(4)).toEqual(names);
      const x = parameter(randn([2, 3]));
      expect(gradCheck(() => cell.forward(x) as Tensor, [x, ...cell.parameters()])).toBe(true);
      const bad = randn([1, 4]);
      expect(() => cell.forward(x, (cell instanceof GRUCell ? bad : [bad, null]) as never)).toThrow(ShapeError);
    });
  });
});

test('peepholes: names, shapes, distribution; toString; errors', () => {
  const lstm = new LSTM({ ...sizes, peepholes: true, bidirectional: true, projSize: 2 });
  const names = lstm.namedParameters().map(([name, p]) => `${name} ${p.shape}`);
  expect(names.filter((name) => name.includes('peephole'))).toEqual([
    'weight_peephole_l0 12',
    'weight_peephole_l0_reverse 12',
  ]);
  expect(lstm.weight_peephole_l0.data().every((v: number) => Math.abs(v) <= 0.5 && v !== 0)).toBe(true);
  expect(String(lstm)).toBe('LSTM({ inputSize: 3, hiddenSize: 4, bidirectional: true, projSize: 2, peepholes: true })');
  expect(lstm.summary()).toMatch(/weight_peephole_l0_reverse 12/);
  expect(() => new GRU({ ...sizes, peepholes: true } as never)).toThrow(/unknown option 'peepholes'/);
  expect(() => new LSTM({ ...sizes, resetAfter: false } as never)).toThrow(/unknown option 'resetAfter'/);
  expect(() => new LSTM({ ...sizes, recurrentDropout: 2 })).toThrow(
    /recurrentDropout is 2; expected a number from 0 to 1/,
  );
  expect(() => new RNN({ ...sizes, trainableInitialState: 1 as never })).toThrow(
    /trainableInitialState is 1; expected true or false/,
  );
  const wrong = randn([11]);
  lstm.weight_peephole_l0 = wrong;
  expect(() => lstm.forward(randn([2, 1, 3]))).toThrow('lstm: weight_peephole is float32 [11]; expected float32 [12]');
  const started = new GRU({ ...sizes, trainableInitialState: true });
  started.h_0 = randn([2, 1, 4]);
  expect(() => started.forward(randn([2, 1, 3]))).toThrow(/GRU.forward: h_0 is \[2, 1, 4\]; expected \[1, 1, 4\]/);
});
