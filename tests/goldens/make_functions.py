#!/usr/bin/python3
"""Makes functions.json and functions.bin beside it, as make.py does: attention, CTC, activations. Run: python3 tests/goldens/make_functions.py

Where results hold NaN or infinity, eTorch is that of the finite ones.
"""
import itertools, json
import torch
from make import Writer

F = torch.nn.functional
w = Writer('functions')


def put(results, single):
    out = {}
    for k, v in results.items():
        same = torch.isfinite(v) & torch.isfinite(single[k])
        e = (v - single[k].double())[same].abs()
        out[k] = w.put(v, float(e.max()) if e.numel() else 0.0)
    return out


def case(op, inputs, f, options=None, upstream=True, **more):
    """f(tensors, dtype) -> tensor or tuple of them; gradients of Σ out·upstream for the float inputs."""
    def run(dtype):
        ts = [t.to(dtype).clone().requires_grad_() if t.is_floating_point() else t for t in inputs]
        outs = f(*ts)
        outs = outs if isinstance(outs, tuple) else (outs,)
        torch.manual_seed(77)
        ups = [torch.randn(out.shape) if upstream else torch.ones(out.shape) for out in outs]
        sum((out * up.to(dtype)).sum() for out, up in zip(outs, ups)).backward()
        r = {f'out{i}': out for i, out in enumerate(outs)}
        r.update({f'd{j}': t.grad for j, t in enumerate(ts) if t.is_floating_point() and t.grad is not None})
        return r, ups
    (exact, ups), (single, _) = run(torch.float64), run(torch.float32)
    w.cases.append(dict(op=op, name=f'{op} {json.dumps(options or {})} {[list(t.shape) for t in inputs]}', options=options or {},
                        inputs=[w.put(t) for t in inputs], upstream=[w.put(up) for up in ups], results=put(exact, single), **more))


def dot_product(q, k, v, mask=None, causal=False, scale=None):
    """torch 2.5's _scaled_dot_product_attention_math with its safe softmax, which torch 1.13 lacks."""
    scores = q @ k.transpose(-2, -1) * (q.shape[-1] ** -0.5 if scale is None else scale)
    if causal:
        mask = torch.ones(scores.shape[-2:], dtype=torch.bool).tril()
    if mask is not None:
        scores = scores.masked_fill(~mask.bool(), -torch.inf) if not mask.is_floating_point() else scores + mask
    empty = (scores == -torch.inf).all(-1, keepdim=True)
    return scores.masked_fill(empty, 0.0).softmax(-1).masked_fill(empty, 0.0) @ v


def attention():
    torch.manual_seed(6001)
    sizes = [((5, 4), (7, 4), (7, 3)), ((2, 3, 1, 8), (2, 3, 9, 8), (2, 3, 9, 8)), ((3, 6, 5), (3, 6, 5), (3, 6, 2)), ((2, 1, 4, 3), (5, 2, 3), (5, 2, 6))]
    for q, k, v in sizes:
        x = [torch.randn(q), torch.randn(k), torch.randn(v)]
        case('scaledDotProductAttention', x, lambda *t: dot_product(*t))
        case('scaledDotProductAttention', x, lambda *t: dot_product(*t, causal=True), dict(isCausal=True))
        case('scaledDotProductAttention', x, lambda *t: dot_product(*t, scale=0.75), dict(scale=0.75))
        mask = (torch.rand(q[-2], k[-2]) < 0.6).int()
        mask[0] = 0
        case('scaledDotProductAttention', [*x, mask], lambda *t: dot_product(*t))
        case('scaledDotProductAttention', [*x, torch.randn(q[-2], k[-2])], lambda *t: dot_product(*t))
    far = torch.zeros(5, 7)
    far[1, :], far[2, 3:] = -torch.inf, -torch.inf
    case('scaledDotProductAttention', [torch.randn(s) for s in sizes[0]] + [far], lambda *t: dot_product(*t))

    def additive(q, k, v, wq, wk, b, s, mask=None):
        scores = (torch.tanh((q @ wq.T)[..., :, None, :] + (k @ wk.T + b)[..., None, :, :]) @ s.T).squeeze(-1)
        if mask is not None:
            scores = scores.masked_fill(~mask.bool()[:, None, :], -torch.inf)
        weights = scores.softmax(-1)
        return weights @ v, weights

    for n, l, s, masked in [(2, 1, 5, False), (3, 4, 6, True)]:
        params = [torch.randn(5, 3), torch.randn(5, 4), torch.randn(5), torch.randn(1, 5)]
        mask = [(torch.arange(s)[None] < torch.tensor([4, 6, 1])[:, None]).int()] if masked else []
        case('AdditiveAttention', [torch.randn(n, l, 3), torch.randn(n, s, 4), torch.randn(n, s, 2), *params, *mask], additive)


def ctc():
    torch.manual_seed(6100)
    red = ['mean', 'sum', 'none']

    def one(T, N, C, S, lengths, counts, labels=None, **o):
        # Through log_softmax, as it is used; the gradient of the log-probabilities alone is compared as well.
        targets = torch.tensor(labels) if labels is not None else torch.randint(1, C, (N, S))
        if o.get('blank'):
            targets[targets == o['blank']] = 0
        options = {{'zero_infinity': 'zeroInfinity'}.get(k, k): v for k, v in o.items()}
        options.update(inputLengths=lengths, targetLengths=counts)
        il, tl = torch.tensor(lengths), torch.tensor(counts)
        logits = torch.randn((T, N, C) if N else (T, C)) * 2
        finite = 'finite' if not o.get('infinite') else 'infinite'
        o.pop('infinite', None), options.pop('infinite', None)
        case('ctcLoss', [logits.log_softmax(-1), targets], lambda x, y: F.ctc_loss(x, y, il, tl, **o), options)
        if finite == 'finite':
            case('ctcLoss of logSoftmax', [logits, targets], lambda x, y: F.ctc_loss(x.log_softmax(-1), y, il, tl, **o), options)

    for r in red:
        one(12, 3, 5, 4, [12, 9, 10], [4, 2, 3], reduction=r)
        one(12, 2, 4, 3, [12, 11], [3, 3], labels=[[1, 1, 1], [2, 2, 3]], reduction=r)
        one(10, 3, 6, 3, [10, 7, 10], [3, 0, 1], reduction=r, blank=5)
        one(5, 2, 4, 4, [5, 5], [4, 2], labels=[[1, 1, 2, 2], [1, 2, 3, 3]], reduction=r, infinite=True)
        one(5, 3, 4, 4, [5, 5, 2], [4, 2, 2], labels=[[1, 1, 2, 2], [1, 2, 3, 3], [1, 1, 1, 1]], reduction=r, zero_infinity=True)
    one(8, 3, 5, 0, [8, 6, 7], [2, 1, 3], labels=[3, 1, 4, 2, 2, 1])
    one(9, 0, 4, 3, [9], [3], labels=[2, 1, 1])
    one(1, 1, 2, 1, [1], [1], labels=[[1]])
    one(60, 2, 28, 20, [60, 47], [20, 13])


def activations():
    torch.manual_seed(6200)
    nn = torch.nn
    table = [('LeakyReLU', {}), ('LeakyReLU', dict(negative_slope=0.3)), ('ELU', {}), ('ELU', dict(alpha=0.6)), ('SiLU', {}), ('Softplus', {}),
             ('Softplus', dict(beta=3.0, threshold=2.0)), ('Softplus', dict(beta=0.5)), ('Softsign', {}), ('Hardtanh', {}), ('Hardtanh', dict(min_val=-0.5, max_val=2.0)),
             ('Hardsigmoid', {}), ('Hardswish', {}), ('LogSigmoid', {}), ('Identity', {}), ('Tanh', {}), ('Sigmoid', {}), ('ReLU', {}),
             ('GELU', {}), ('GELU', dict(approximate='tanh'))]
    camel = lambda s: ''.join(p if i == 0 else p.capitalize() for i, p in enumerate(s.split('_')))
    special = torch.tensor([0.0, -0.0, torch.inf, -torch.inf, torch.nan, 1e-30, -1e-30, 80.0, -80.0, 1000.0, -1000.0, 1.0, -1.0, 20.0, 20.5, -2.0, 2.0])
    for name, o in table:
        f = getattr(nn, name)(**o)
        options = {camel(k): v for k, v in o.items()}
        case(name, [torch.randn(3, 11) * 3], f, options)
        case(name, [torch.randn(17) * 1e-3], f, options)
        # Where torch's own kernel gives another answer for the same infinity by the length of the tensor, the scalar one counts.
        case(name, [special], f, options, upstream=False)
    for n, shape in [(1, (5,)), (1, (3, 4)), (4, (3, 4)), (4, (2, 4, 5)), (2, (3, 2, 2, 3))]:
        case('PReLU', [torch.randn(shape), torch.randn(n)], lambda x, w: F.prelu(x, w), dict(numParameters=n))
    for dim in [0, 1, -1]:
        case('Softmax', [torch.randn(3, 4, 5) * 3], nn.Softmax(dim), dict(dim=dim))
        case('LogSoftmax', [torch.randn(3, 4, 5) * 3], nn.LogSoftmax(dim), dict(dim=dim))
    case('erf', [torch.randn(40) * 2], torch.erf)


if __name__ == '__main__':
    attention()
    ctc()
    activations()
    w.close()
