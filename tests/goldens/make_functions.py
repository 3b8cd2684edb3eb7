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


if __name__ == '__main__':
    attention()
    w.close()
