#!/usr/bin/python3
"""Makes layers.json and layers.bin beside it: normalisation, convolution and pooling. Run: python3 tests/goldens/make_layers.py"""
import copy, itertools, re
import torch
from make import Writer

F = torch.nn.functional
w = Writer('layers')


def camel(options):
    return {re.sub('_(.)', lambda m: m.group(1).upper(), k): v for k, v in options.items()}


class LayerNormWithoutBias(torch.nn.Module):
    """LayerNorm(bias=False), which torch 1.13 lacks."""
    def __init__(self, normalized_shape, bias=False, eps=1e-5):
        super().__init__()
        self.weight, self.eps = torch.nn.Parameter(torch.ones(normalized_shape)), eps

    def forward(self, x):
        return F.layer_norm(x, self.weight.shape, self.weight, None, self.eps)


class CausalConv1d(torch.nn.Conv1d):
    """Conv1d(padding='causal'): (k - 1) · dilation zeros in front."""
    def __init__(self, *args, padding, **options):
        super().__init__(*args, **options)

    def forward(self, x):
        return super().forward(F.pad(x, ((self.kernel_size[0] - 1) * self.dilation[0], 0)))


NAMES = {LayerNormWithoutBias: 'LayerNorm', CausalConv1d: 'Conv1d'}


def case(cls, options, *shapes, train=True, scale=1.0, shift=0.0, inputs=None):
    """Runs the module on each input in turn; results of the last, its gradients, and the buffers after it."""
    torch.manual_seed(5000 + len(w.cases))
    module = cls(**options)
    with torch.no_grad():
        for p in module.parameters():
            p.copy_(torch.randn(p.shape) + (1.0 if isinstance(module, (torch.nn.LayerNorm, LayerNormWithoutBias)) else 0.0))
        for name, b in module.named_buffers():
            if b.is_floating_point():
                b.copy_(torch.rand(b.shape) + 0.5)
    module.train(train)
    xs = inputs if inputs is not None else [torch.randn(*s) * scale + shift for s in shapes]
    state = {n: t.clone() for n, t in module.state_dict().items()}
    up = None

    def run(dtype):
        nonlocal up
        m = copy.deepcopy(module).to(dtype)
        for x in xs[:-1]:
            m(x.to(dtype))
        x = xs[-1].to(dtype).clone().requires_grad_()
        out = m(x)
        if up is None:
            up = torch.randn(out.shape)
        (out * up.to(dtype)).sum().backward()
        r = {'out': out, 'dInput': x.grad}
        r.update({'d.' + n: p.grad for n, p in m.named_parameters()})
        r.update({'b.' + n: b for n, b in m.named_buffers() if b.is_floating_point()})
        return r
    exact, single = run(torch.float64), run(torch.float32)
    name = NAMES.get(cls, cls.__name__)
    shown = camel({k: v for k, v in options.items() if k != 'stride' or v is not None})
    w.cases.append(dict(name=f"{name} {', '.join(f'{k} {v}' for k, v in shown.items())}{'' if train else ' eval'} {[list(x.shape) for x in xs]}{f' around {shift}' if shift else ''}",
                        module=name, options=shown, training=train, inputs=[w.put(x) for x in xs],
                        weights={n: w.put(t) for n, t in state.items()}, upstream=w.put(up), results=w.results(exact, single)))


LN, BN = torch.nn.LayerNorm, torch.nn.BatchNorm1d
for n in [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 33]:
    case(LN, dict(normalized_shape=n), (3, n))
case(LN, dict(normalized_shape=[3, 5]), (2, 3, 5))
case(LN, dict(normalized_shape=[5]), (5,))
case(LN, dict(normalized_shape=6, eps=0.1), (3, 2, 6))
case(LN, dict(normalized_shape=6, elementwise_affine=False), (3, 2, 6))
case(LayerNormWithoutBias, dict(normalized_shape=7, bias=False), (4, 7))
case(LN, dict(normalized_shape=33), (4, 33), scale=2.0, shift=300.0)
case(LN, dict(normalized_shape=3), (131, 3))
for shapes in [[(4, 3)], [(5, 3), (2, 3), (7, 3)], [(2, 5, 7)], [(3, 4, 1), (1, 4, 9)]]:
    for train, momentum in [(True, 0.1), (True, None), (False, 0.1)]:
        case(BN, dict(num_features=shapes[0][1], momentum=momentum), *shapes, train=train)
case(BN, dict(num_features=3, affine=False), (4, 3, 5))
for train in [True, False]:
    case(BN, dict(num_features=3, track_running_stats=False), (4, 3, 5), train=train)
case(BN, dict(num_features=4, eps=0.01, momentum=0.6), (5, 4), (33, 4), shift=50.0)

C = torch.nn.Conv1d
i = 0
for stride, padding, dilation, groups in itertools.product([1, 2, 3], [0, 1, 4], [1, 2, 3], [1, 2, 4]):
    i += 1
    k, length, inner = [1, 2, 3, 4][i // 2 % 4], [8, 9, 13][i % 3], groups * (1 if groups == 4 else 2)
    if length + 2 * padding <= dilation * (k - 1) or (i % 2 and groups != 2 and padding != 1) or i % 3 == stride - 1:
        continue
    case(C, dict(in_channels=inner, out_channels=[4, 8][i % 5 == 0], kernel_size=k, stride=stride, padding=padding, dilation=dilation, groups=groups,
                 bias=i % 5 != 0), (2, inner, length) if i % 3 == 0 else (1, inner, length) if i % 2 else (inner, length))
for groups, (cin, cout) in itertools.product([1, 3], [(3, 3), (9, 6), (33, 3)]):
    case(C, dict(in_channels=cin, out_channels=cout, kernel_size=3, groups=groups), (2, cin, 5))
case(C, dict(in_channels=17, out_channels=17, kernel_size=3, groups=17, padding=1), (1, 17, 9))
case(C, dict(in_channels=3, out_channels=12, kernel_size=4, groups=3), (1, 3, 17))
case(C, dict(in_channels=2, out_channels=3, kernel_size=3), (1, 2, 133))
for mode, padding, (k, dilation) in itertools.product(['zeros', 'reflect', 'replicate', 'circular'], [2, 'same'], [(3, 1), (4, 2)]):
    case(C, dict(in_channels=2, out_channels=3, kernel_size=k, padding=padding, dilation=dilation, padding_mode=mode), (1, 2, 7))
case(C, dict(in_channels=2, out_channels=3, kernel_size=3, padding='valid'), (2, 2, 9))
for k, dilation, stride in [(3, 1, 1), (2, 4, 1), (3, 2, 2)]:
    case(CausalConv1d, dict(in_channels=3, out_channels=5, kernel_size=k, dilation=dilation, stride=stride, padding='causal'), (2, 3, 11))

T = torch.nn.ConvTranspose1d
i = 0
for stride, padding, dilation, groups in itertools.product([1, 2, 3], [0, 1, 2], [1, 2], [1, 2]):
    i += 1
    k = [1, 3, 4, 5][(i + i // 9) % 4]
    if i % 3 == stride - 1:
        continue
    if (5 - 1) * stride + dilation * (k - 1) + 1 - 2 * padding <= 0:
        k = 5
    case(T, dict(in_channels=4, out_channels=[2, 4][i % 2], kernel_size=k, stride=stride, padding=padding, dilation=dilation, groups=groups,
                 output_padding=(i % 3 if i % 3 < max(stride, dilation) else 0), bias=i % 5 != 0), (2, 4, 5) if i % 4 else (4, 5))
case(T, dict(in_channels=17, out_channels=5, kernel_size=3, stride=2), (1, 17, 9))

MP, AP = torch.nn.MaxPool1d, torch.nn.AvgPool1d
for k, stride, padding, ceil in itertools.product([1, 2, 3, 5], [None, 1, 2, 3], [0, 1], [False, True]):
    if padding > k // 2 or (k + (stride or 0) + padding + ceil) % 2:
        continue
    length = 9 + (k + (stride or 0)) % 4
    case(MP, dict(kernel_size=k, stride=stride, padding=padding, ceil_mode=ceil, dilation=1 + k % 2), (1, 3, length))
    case(AP, dict(kernel_size=k, stride=stride, padding=padding, ceil_mode=ceil, count_include_pad=k % 3 != 0), (1, 3, length))
case(MP, dict(kernel_size=3), (3, 8))
case(AP, dict(kernel_size=3), (3, 8))
case(MP, dict(kernel_size=2, stride=1), inputs=[torch.tensor([[[1.0, 1, 2, 2, 2, 0, 0, -1]]])])
for out, length in [(1, 7), (3, 7), (4, 7), (7, 7), (9, 7), (5, 17)]:
    case(torch.nn.AdaptiveAvgPool1d, dict(output_size=out), (2, 3, length))
    case(torch.nn.AdaptiveMaxPool1d, dict(output_size=out), (2, 3, length))
case(torch.nn.AdaptiveAvgPool1d, dict(output_size=2), (3, 5))
w.close()
