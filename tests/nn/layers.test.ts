// LayerNorm, BatchNorm1d, convolutions and pooling: gradients, options, errors, states, lifetimes. Values: tests/goldens/layers.test.ts.
import { describe, expect, test } from 'vitest';
import {
  AdaptiveAvgPool1d,
  AdaptiveMaxPool1d,
  AvgPool1d,
  BatchNorm1d,
  Conv1d,
  ConvTranspose1d,
  gradCheck,
  LayerNorm,
  MaxPool1d,
  type Module,
  manualSeed,
  memoryInfo,
  Permute,
  parameter,
  randn,
  SGD,
  ShapeError,
  StateDictError,
  scope,
  type Tensor,
  ValueError,
  zeros,
} from '../../src/index.js';

/** Module, and the shape of an input. */
const LAYERS: Record<string, [() => Module, number[]]> = {
  LayerNorm: [() => new LayerNorm({ normalizedShape: 5 }), [4, 5]],
  'LayerNorm over two dimensions': [() => new LayerNorm({ normalizedShape: [3, 5] }), [2, 3, 5]],
  'LayerNorm without bias': [() => new LayerNorm({ normalizedShape: 7, bias: false }), [3, 7]],
  BatchNorm1d: [() => new BatchNorm1d({ numFeatures: 3 }), [7, 3]],
  'BatchNorm1d over time': [() => new BatchNorm1d({ numFeatures: 3, momentum: null }), [2, 3, 5]],
  'BatchNorm1d, evaluating': [() => new BatchNorm1d({ numFeatures: 3 }).eval(), [2, 3, 5]],
  Conv1d: [() => new Conv1d({ inChannels: 3, outChannels: 4, kernelSize: 3, padding: 1 }), [2, 3, 9]],
  'Conv1d, everything': [
    () =>
      new Conv1d({
        inChannels: 4,
        outChannels: 6,
        kernelSize: 3,
        stride: 2,
        padding: 3,
        dilation: 2,
        groups: 2,
        bias: false,
        paddingMode: 'reflect',
      }),
    [2, 4, 9],
  ],
  'Conv1d, causal': [
    () => new Conv1d({ inChannels: 2, outChannels: 3, kernelSize: 3, padding: 'causal', dilation: 2 }),
    [2, 2, 7],
  ],
  'Conv1d, depthwise': [() => new Conv1d({ inChannels: 5, outChannels: 5, kernelSize: 2, groups: 5 }), [2, 5, 8]],
  ConvTranspose1d: [
    () =>
      new ConvTranspose1d({
        inChannels: 4,
        outChannels: 2,
        kernelSize: 4,
        stride: 3,
        padding: 1,
        outputPadding: 2,
        dilation: 2,
        groups: 2,
      }),
    [2, 4, 5],
  ],
  MaxPool1d: [() => new MaxPool1d({ kernelSize: 3, stride: 2, padding: 1 }), [2, 3, 9]],
  AvgPool1d: [() => new AvgPool1d({ kernelSize: 3, padding: 1, ceilMode: true, countIncludePad: false }), [2, 3, 10]],
  AdaptiveAvgPool1d: [() => new AdaptiveAvgPool1d({ outputSize: 4 }), [2, 3, 9]],
  AdaptiveMaxPool1d: [() => new AdaptiveMaxPool1d({ outputSize: 4 }), [2, 3, 9]],
  Permute: [() => new Permute({ dims: [-1, 0, 1] }), [2, 3, 4]],
};
/** Distinct values, 0.1 apart, so that no maximum changes under gradCheck's steps. */
const spread = (shape: number[]) => {
  const n = shape.reduce((a, b) => a * b, 1);
  return parameter(
    Float32Array.from({ length: n }, (_, i) => (((i * 7919) % n) - n / 2) / 10),
    shape,
  );
};

describe.each(Object.entries(LAYERS))('%s', (_name, [make, shape]) => {
  test('gradients agree with differences', () => {
    manualSeed(1);
    const layer = make();
    const x = spread(shape);
    gradCheck((input) => layer.forward(input) as Tensor, [x, ...layer.parameters()]);
    x.dispose();
    layer.dispose();
  });
  test('an empty batch works with its backward', () => {
    scope(() => {
      const layer = make();
      const x = parameter([], [0, ...shape.slice(1)]);
      const full = layer.forward(spread(shape)) as Tensor;
      const out = layer.forward(x) as Tensor;
      expect(out.size).toBe(0);
      expect(out.shape.length).toBe(full.shape.length);
      layer.zeroGrad();
      out.sum().backward();
      expect(x.grad!.shape).toEqual(x.shape);
      for (const p of layer.parameters()) expect([...p.grad!.data()].every((v) => v === 0)).toBe(true);
      x.dispose();
      layer.dispose();
    });
  });
  test('a state dict round trip gives the same output', () => {
    const [one, two] = [make(), make()];
    const x = spread(shape);
    const want = scope(() => {
      one.forward(x);
      for (const p of one.parameters()) p.set(randn(p.shape));
      return [...(one.predict(x as never) as Float32Array)];
    });
    two.loadStateDict(one.stateDict());
    expect([...(two.predict(x as never) as Float32Array)]).toEqual(want);
    for (const m of [one, two, x]) m.dispose();
  });
  test('nested arrays are taken, training leaks nothing', () => {
    const before = memoryInfo().liveBlocks;
    const layer = make();
    const x = spread(shape);
    const nested = x.toArray();
    const optimizer = layer.parameters().length > 0 ? new SGD(layer.parameters(), { lr: 0.01 }) : null;
    const step = () =>
      scope(() => {
        const out = layer.forward(nested as never) as Tensor;
        const same = layer.forward(x) as Tensor;
        expect(out.shape).toEqual(same.shape);
        same.mul(same).sum().backward();
        optimizer?.step();
        layer.zeroGrad();
        x.grad = null;
      });
    step();
    const flat = memoryInfo().liveBlocks;
    for (let i = 0; i < 5; i++) step();
    expect(memoryInfo().liveBlocks).toBe(flat);
    layer.predict(nested as never);
    expect(memoryInfo().liveBlocks).toBe(flat);
    optimizer?.dispose();
    layer.dispose();
    x.dispose();
    expect(memoryInfo().liveBlocks).toBe(before);
  });
});

describe('parameters', () => {
  test('names and order are PyTorch’s', () => {
    const names = (m: Module) => Object.keys(m.stateDict());
    expect(names(new LayerNorm({ normalizedShape: 3 }))).toEqual(['weight', 'bias']);
    expect(names(new LayerNorm({ normalizedShape: 3, bias: false }))).toEqual(['weight']);
    expect(names(new LayerNorm({ normalizedShape: 3, elementwiseAffine: false }))).toEqual([]);
    const all = ['weight', 'bias', 'running_mean', 'running_var', 'num_batches_tracked'];
    const norm = new BatchNorm1d({ numFeatures: 3 });
    expect(names(norm)).toEqual(all);
    expect(norm.namedParameters().map(([name]) => name)).toEqual(['weight', 'bias']);
    expect(names(new BatchNorm1d({ numFeatures: 3, trackRunningStats: false }))).toEqual(['weight', 'bias']);
    expect(names(new Conv1d({ inChannels: 1, outChannels: 1, kernelSize: 1 }))).toEqual(['weight', 'bias']);
  });
  test('shapes, and the uniform initial distribution', () => {
    manualSeed(5);
    const check = (layer: Conv1d | ConvTranspose1d, shape: number[], fanIn: number) => {
      expect(layer.weight.shape).toEqual(shape);
      const bound = 1 / Math.sqrt(fanIn);
      for (const p of layer.parameters()) for (const v of p.data()) expect(Math.abs(v)).toBeLessThanOrEqual(bound);
      const values = [...layer.weight.data()];
      const variance = values.reduce((sum, v) => sum + v * v, 0) / values.length;
      expect(variance / ((bound * bound) / 3)).toBeGreaterThan(0.9);
      expect(variance / ((bound * bound) / 3)).toBeLessThan(1.1);
    };
    const options = { inChannels: 32, outChannels: 48, kernelSize: 5, groups: 2 };
    check(new Conv1d(options), [48, 16, 5], 80);
    check(new ConvTranspose1d(options), [32, 24, 5], 120);
  });
  test('a torch file’s int64 scalar loads, another shape does not', () => {
    const norm = new BatchNorm1d({ numFeatures: 2 });
    const dict = {
      weight: [1, 2],
      bias: [3, 4],
      running_mean: [5, 6],
      running_var: [7, 8],
      num_batches_tracked: { shape: [], data: Int32Array.of(9) },
    };
    norm.loadStateDict(dict);
    expect([norm.num_batches_tracked.item(), norm.num_batches_tracked.dtype]).toEqual([9, 'int32']);
    norm.loadStateDict({ ...dict, num_batches_tracked: 11n });
    expect(norm.num_batches_tracked.item()).toBe(11);
    expect(() => norm.loadStateDict({ ...dict, running_mean: [1] })).toThrow(StateDictError);
  });
  test('toString shows the options that are not usual', () => {
    expect(String(new LayerNorm({ normalizedShape: [3, 5] }))).toBe('LayerNorm({ normalizedShape: [3,5] })');
    expect(String(new BatchNorm1d({ numFeatures: 3, momentum: null }))).toBe(
      'BatchNorm1d({ numFeatures: 3, momentum: null })',
    );
    const conv = { inChannels: 4, outChannels: 2, kernelSize: 3 };
    expect(String(new Conv1d({ ...conv, padding: 'same', groups: 2, bias: false }))).toBe(
      'Conv1d({ inChannels: 4, outChannels: 2, kernelSize: 3, padding: "same", groups: 2, bias: false })',
    );
    expect(String(new ConvTranspose1d({ ...conv, stride: 2 }))).toBe(
      'ConvTranspose1d({ inChannels: 4, outChannels: 2, kernelSize: 3, stride: 2 })',
    );
    expect(String(new MaxPool1d({ kernelSize: 2 }))).toBe('MaxPool1d({ kernelSize: 2 })');
    expect(new Conv1d(conv).summary()).toMatch(/Conv1d +weight 2×4×3 +26/);
  });
});

describe('batch statistics', () => {
  test('train and eval; eval leaves them; without tracking there are none', () => {
    const norm = new BatchNorm1d({ numFeatures: 1 });
    norm.forward([[1], [3]]);
    expect(norm.running_mean.item()).toBe(Math.fround(0.2));
    expect(norm.running_var.item()).toBe(Math.fround(1.1));
    norm.eval();
    expect((norm.forward([[Math.fround(0.2)]]) as Tensor).item()).toBeCloseTo(0, 6);
    expect(norm.num_batches_tracked.item()).toBe(1);
    const own = new BatchNorm1d({ numFeatures: 1, trackRunningStats: false }).eval();
    expect([...own.predict([[1], [3]])][0]).toBeCloseTo(-1, 4);
    expect(own.running_mean).toBeUndefined();
  });
  test('one value per channel cannot be trained on, and changes nothing', () => {
    const norm = new BatchNorm1d({ numFeatures: 2 });
    expect(() => norm.forward([[1, 2]])).toThrow(ValueError);
    expect(() => norm.forward([[[1], [2]]])).toThrow(
      'BatchNorm1d.forward: expected more than one value per channel when training',
    );
    expect(norm.num_batches_tracked.item()).toBe(0);
    expect(norm.predict([[1, 2]]).length).toBe(2);
  });
});

describe('errors', () => {
  const conv = { inChannels: 4, outChannels: 6, kernelSize: 3 };
  const cases: [string, () => unknown, string | RegExp][] = [
    ['missing option', () => new LayerNorm({} as never), "LayerNorm: option 'normalizedShape' is missing"],
    ['PyTorch’s name', () => new Conv1d({ ...conv, padding_mode: 'zeros' } as never), /Conv1d: unknown option 'padding_mode'/],
    ['size 0', () => new LayerNorm({ normalizedShape: [3, 0] }), /normalizedShape is 3,0; expected positive integers/],
    ['negative eps', () => new BatchNorm1d({ numFeatures: 2, eps: -1 }), 'BatchNorm1d: eps is -1; expected a number of at least 0'],
    ['momentum', () => new BatchNorm1d({ numFeatures: 2, momentum: 2 }), /momentum is 2; expected null or a number from 0 to 1/],
    ['groups', () => new Conv1d({ ...conv, groups: 3 }), 'Conv1d: groups is 3; expected a divisor of inChannels 4 and outChannels 6'],
    ['mode', () => new Conv1d({ ...conv, paddingMode: 'mirror' as never }), /paddingMode is 'mirror'; expected 'zeros' or 'reflect'/],
    ['padding', () => new Conv1d({ ...conv, padding: -1 }), "Conv1d: padding is -1; expected an integer of at least 0, 'same', 'valid' or 'causal'"],
    ['same', () => new Conv1d({ ...conv, padding: 'same', stride: 2 }), "Conv1d: stride is 2; expected 1 with padding 'same'"],
    ['outputPadding', () => new ConvTranspose1d({ ...conv, outputPadding: 1 }), /outputPadding is 1; expected less than stride or dilation/],
    ['pool padding', () => new MaxPool1d({ kernelSize: 3, padding: 2 }), 'MaxPool1d: padding is 2; expected at most half of kernelSize'],
    ['no kernel', () => new AvgPool1d({} as never), "AvgPool1d: option 'kernelSize' is missing"],
  ]; // biome-ignore format: a table
  test.each(cases)('of construction: %s', (_name, make, text) => {
    expect(make).toThrow(ValueError);
    expect(make).toThrow(text);
  });
  const shapes: [string, Module, number[], string][] = [
    ['LayerNorm', new LayerNorm({ normalizedShape: [3, 5] }), [2, 5], 'LayerNorm.forward: input is [2, 5]; expected [..., 3, 5] (= normalizedShape)'],
    ['BatchNorm1d', new BatchNorm1d({ numFeatures: 3 }), [2, 4], 'BatchNorm1d.forward: input is [2, 4]; expected [batch, 3] or [batch, 3, seqLen] (= numFeatures)'],
    ['BatchNorm1d rank', new BatchNorm1d({ numFeatures: 3 }), [3], 'BatchNorm1d.forward: input is [3]; expected [batch, 3]'],
    ['channels', new Conv1d(conv), [2, 3, 9], 'Conv1d.forward: input is [2, 3, 9]; expected [batch, 4, seqLen] or [4, seqLen] (= inChannels)'],
    ['rank', new Conv1d(conv), [4], 'Conv1d.forward: input is [4]; expected [batch, 4, seqLen]'],
    ['short', new Conv1d(conv), [2, 4, 2], 'Conv1d.forward: input is [2, 4, 2]; expected 3 steps or more with padding'],
    ['reflect', new Conv1d({ ...conv, padding: 2, paddingMode: 'reflect' }), [1, 4, 2], "Conv1d.forward: input is [1, 4, 2]; expected more steps than mode 'reflect' adds"],
    ['nothing left', new ConvTranspose1d({ ...conv, padding: 3 }), [1, 4, 2], 'ConvTranspose1d.forward: input is [1, 4, 2]; expected more steps than padding cuts off'],
    ['no window', new MaxPool1d({ kernelSize: 3 }), [1, 4, 2], 'MaxPool1d.forward: input is [1, 4, 2]; expected more steps'],
    ['no step', new AdaptiveAvgPool1d({ outputSize: 3 }), [1, 4, 0], 'AdaptiveAvgPool1d.forward: input is [1, 4, 0]; expected more steps'],
  ]; // biome-ignore format: a table
  test.each(shapes)('of shape: %s', (_name, layer, shape, text) => {
    const x = zeros(shape);
    expect(() => layer.forward(x)).toThrow(ShapeError);
    expect(() => layer.forward(x)).toThrow(text);
  });
  test('assigned weights of another shape are refused', () => {
    const layer = new LayerNorm({ normalizedShape: 3 });
    layer.weight = parameter([1, 2]);
    expect(() => layer.forward([[1, 2, 3]])).toThrow('normalize: weight is float32 [2]; expected float32 [3]');
    const c = new Conv1d(conv);
    c.weight = parameter(new Float32Array(6 * 4 * 5), [6, 4, 5]);
    expect(() => c.forward(zeros([1, 4, 9]))).toThrow(
      'convolution: weight is float32 [6, 4, 5]; expected float32 [6, 4, 3]',
    );
  });
});
