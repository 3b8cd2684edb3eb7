#!/usr/bin/python3
"""Goldens of what torch.nn has no module for: GRU with the reset before the product, LSTM with peepholes, trained initial states, LayerNorm-LSTM;
and of torch.nn.utils.weight_norm. The formulas are written with torch's operations, so that autograd gives the gradients. Layout: make.py."""
import itertools
import torch
from make import Writer


def step(kind, p, x, h, c):
    """One step of one row. p: weights by role. -> h', c'."""
    pre = p['ih'] @ x + (p['bIh'] if 'bIh' in p else 0)
    bh = p['bHh'] if 'bHh' in p else torch.zeros_like(pre)
    if kind == 'gru':
        H = h.shape[0]
        r, z = torch.sigmoid(pre[:2 * H] + p['hh'][:2 * H] @ h + bh[:2 * H]).chunk(2)
        n = torch.tanh(pre[2 * H:] + p['hh'][2 * H:] @ (r * h) + bh[2 * H:])
        return (1 - z) * n + z * h, c
    i, f, g, o = (pre + p['hh'] @ h + bh).chunk(4)
    pi, pf, po = p['peephole'].chunk(3)
    i, f = torch.sigmoid(i + pi * c), torch.sigmoid(f + pf * c)
    c = f * c + i * torch.tanh(g)
    h = torch.sigmoid(o + po * c) * torch.tanh(c)
    return (p['hr'] @ h if 'hr' in p else h), c


ROLES = {'weight_ih': 'ih', 'weight_hh': 'hh', 'bias_ih': 'bIh', 'bias_hh': 'bHh', 'weight_hr': 'hr', 'weight_peephole': 'peephole'}


def layers(kind, w, x, h0, c0, lengths, count, D):
    """x [L, N, I] -> output, hN, cN; rows run one by one, each to its own length."""
    L, N, _ = x.shape
    hs, cs = [], []
    for layer in range(count):
        outputs = []
        for d in range(D):
            p = {role: w[f"{n}_l{layer}{'_reverse' if d else ''}"] for n, role in ROLES.items() if f"{n}_l{layer}{'_reverse' if d else ''}" in w}
            rows, last = [], []
            for n in range(N):
                h, c = h0[layer * D + d, n], c0[layer * D + d, n]
                out = [torch.zeros_like(h)] * L
                steps = range(lengths[n])
                for t in reversed(steps) if d else steps:
                    h, c = step(kind, p, x[t, n], h, c)
                    out[t] = h
                rows.append(torch.stack(out))
                last.append((h, c))
            outputs.append(torch.stack(rows, 1))
            hs.append(torch.stack([h for h, _ in last]))
            cs.append(torch.stack([c for _, c in last]))
        x = torch.cat(outputs, 2)
    return x, torch.stack(hs), torch.stack(cs)


def variants():
    w = Writer('variants')
    matrix = list(itertools.product(['gru', 'peep', 'proj'], [1, 2], [False, True], [None, 'unsorted'], ['given', None, 'trained']))
    for k, (name, count, bi, lengths, state) in enumerate(matrix):
        # Half of the matrix: every pair of values is still there.
        if (count + bi + (lengths is None) + [None, 'given', 'trained'].index(state)) % 2:
            continue
        torch.manual_seed(7000 + k)
        kind = 'gru' if name == 'gru' else 'lstm'
        bias, first, unbatched = k % 3 != 0, k % 4 >= 2, k % 5 == 4 and not lengths
        L, N, I, H = 4, 1 if unbatched else 3, [3, 5, 4][k % 3], [3, 4, 5, 4, 3][k % 5]
        P, D, G = (max(1, H // 2) if name == 'proj' else 0), (2 if bi else 1), (3 if kind == 'gru' else 4)
        S = P or H
        shapes = {}
        for layer in range(count):
            for d in range(D):
                suffix = f"_l{layer}{'_reverse' if d else ''}"
                shapes['weight_ih' + suffix] = (G * H, I if layer == 0 else D * S)
                shapes['weight_hh' + suffix] = (G * H, S)
                if bias:
                    shapes['bias_ih' + suffix] = shapes['bias_hh' + suffix] = (G * H,)
                if P:
                    shapes['weight_hr' + suffix] = (P, H)
                if kind == 'lstm':
                    shapes['weight_peephole' + suffix] = (3 * H,)
        if state == 'trained':
            shapes['h_0'] = (count * D, 1, S)
            if kind == 'lstm':
                shapes['c_0'] = (count * D, 1, H)
        weights = {n: (torch.rand(s) * 2 - 1) * (1 / H ** 0.5 if n[1] == 'e' or n[1] == 'i' else 1) for n, s in shapes.items()}
        x = torch.randn(L, N, I)
        given = [torch.randn(count * D, N, S), torch.randn(count * D, N, H)][:2 if kind == 'lstm' else 1] if state == 'given' else []
        upstream = [torch.randn(L, N, D * S), torch.randn(count * D, N, S), torch.randn(count * D, N, H)]
        sizes = {None: [L] * N, 'unsorted': [2, 4, 3]}[lengths]

        def run(dtype):
            ws, xx, ss = {n: t.to(dtype).requires_grad_() for n, t in weights.items()}, x.to(dtype).requires_grad_(), [t.to(dtype).requires_grad_() for t in given]
            zeros = [torch.zeros(count * D, N, S, dtype=dtype), torch.zeros(count * D, N, H, dtype=dtype)]
            start = [ss[i] if i < len(ss) else ws[f'{"hc"[i]}_0'].expand(-1, N, -1) if f'{"hc"[i]}_0' in ws else zeros[i] for i in range(2)]
            out, hn, cn = layers(kind, ws, xx, *start, sizes, count, D)
            loss = (out * upstream[0].to(dtype)).sum() + (hn * upstream[1].to(dtype)).sum()
            if kind == 'lstm':
                loss = loss + (cn * upstream[2].to(dtype)).sum()
            loss.backward()
            r = {'output': out, 'hN': hn, 'dInput': xx.grad, **{n: s.grad for n, s in zip(['dh0', 'dc0'], ss)}, **{'d.' + n: t.grad for n, t in ws.items()}}
            if kind == 'lstm':
                r['cN'] = cn
            shaped = {}
            for n, t in r.items():
                if unbatched and n in ('output', 'hN', 'cN', 'dInput', 'dh0', 'dc0'):
                    t = t.squeeze(1)
                elif first and n in ('output', 'dInput'):
                    t = t.transpose(0, 1).contiguous()
                shaped[n] = t
            return shaped

        def outward(t, sequence):
            return t.squeeze(1) if unbatched else t.transpose(0, 1).contiguous() if first and sequence else t

        w.cases.append(dict(
            name=f"{name} layers {count}{' bidirectional' if bi else ''}{'' if bias else ' no bias'}{' batchFirst' if first else ''}"
                 f"{' unbatched' if unbatched else ''} lengths {sizes if lengths else None}, state {state}",
            kind=kind, inputSize=I, hiddenSize=H, numLayers=count, bias=bias, batchFirst=first, bidirectional=bi, projSize=P, lengths=sizes if lengths else None,
            more={**({'resetAfter': False} if kind == 'gru' else {'peepholes': True}), **({'trainableInitialState': True} if state == 'trained' else {})},
            weights={n: w.put(t) for n, t in weights.items()}, input=w.put(outward(x, True)), state=[w.put(outward(t, False)) for t in given],
            upstream=[w.put(outward(t, i == 0)) for i, t in enumerate(upstream[:3 if kind == 'lstm' else 2])], results=w.results(run(torch.float64), run(torch.float32))))
    w.close()


def layer_norm_lstm(w, x, h, c):
    """LayerNormLSTMCell of torch's benchmarks/fastrnns/custom_lstms.py."""
    F = torch.nn.functional
    norm = lambda name, t: F.layer_norm(t, t.shape[-1:], w[f'layernorm_{name}.weight'], w[f'layernorm_{name}.bias'])
    i, f, g, o = (norm('i', x @ w['weight_ih'].T) + norm('h', h @ w['weight_hh'].T)).chunk(4, -1)
    c = norm('c', torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g))
    return torch.sigmoid(o) * torch.tanh(c), c


def variant_cells():
    w = Writer('variant-cells')
    for k, (kind, bias, batched, state) in enumerate(itertools.product(['gru', 'lstm', 'norm'], [True, False], [True, False], ['given', None, 'trained'])):
        if kind == 'norm' and (not bias or state == 'trained'):
            continue
        torch.manual_seed(8000 + k)
        N, I, H = 3, 4, 5
        G = 3 if kind == 'gru' else 4
        shapes = {'weight_ih': (G * H, I), 'weight_hh': (G * H, H)}
        if kind == 'norm':
            shapes.update({f'layernorm_{n}.{p}': (s,) for n, s in [('i', G * H), ('h', G * H), ('c', H)] for p in ['weight', 'bias']})
        elif bias:
            shapes.update(bias_ih=(G * H,), bias_hh=(G * H,))
        if kind == 'lstm':
            shapes['weight_peephole'] = (3 * H,)
        if state == 'trained':
            shapes['h_0'] = (1, H)
            if kind == 'lstm':
                shapes['c_0'] = (1, H)
        weights = {n: torch.rand(s) * 2 - 1 for n, s in shapes.items()}
        x, h, c, gh, gc = [torch.randn(*((N,) if batched else ()), n) for n in (I, H, H, H, H)]

        def run(dtype):
            ws, (xx, hh, cc) = {n: t.to(dtype).requires_grad_() for n, t in weights.items()}, [t.to(dtype).requires_grad_() for t in (x, h, c)]
            rows = xx.reshape(-1, I)
            begin = [s if state == 'given' else ws[n].expand(rows.shape[0], H) if n in ws else torch.zeros(rows.shape[0], H, dtype=dtype) for s, n in [(hh.reshape(-1, H), 'h_0'), (cc.reshape(-1, H), 'c_0')]]
            if kind == 'norm':
                h1, c1 = layer_norm_lstm(ws, rows, *begin)
            else:
                p = {role: ws[n] for n, role in ROLES.items() if n in ws}
                out = [step(kind, p, rows[n], begin[0][n], begin[1][n]) for n in range(rows.shape[0])]
                h1, c1 = torch.stack([a for a, _ in out]), torch.stack([b for _, b in out])
            h1, c1 = h1.reshape(gh.shape), c1.reshape(gc.shape)
            loss = (h1 * gh.to(dtype)).sum() + (0 if kind == 'gru' else (c1 * gc.to(dtype)).sum())
            loss.backward()
            r = {'h': h1, 'c': None if kind == 'gru' else c1, 'dInput': xx.grad, 'dh': hh.grad, 'dc': None if kind == 'gru' else cc.grad}
            r.update({'d.' + n: t.grad for n, t in ws.items()})
            return {n: t for n, t in r.items() if t is not None}

        n = 1 if kind == 'gru' else 2
        w.cases.append(dict(name=f'{kind} cell bias {bias} batched {batched} state {state}', kind=kind, inputSize=I, hiddenSize=H, bias=bias,
                            more={**({'resetAfter': False} if kind == 'gru' else {'peepholes': True} if kind == 'lstm' else {}), **({'trainableInitialState': True} if state == 'trained' else {})},
                            weights={k: w.put(t) for k, t in weights.items()}, input=w.put(x), state=[w.put(t) for t in [h, c][:n]] if state == 'given' else [],
                            upstream=[w.put(t) for t in [gh, gc][:n]], results=w.results(run(torch.float64), run(torch.float32))))
    w.close()


def weight_norm():
    w = Writer('weight-norm')
    for k, (module, name, dim) in enumerate([('linear', 'weight', 0), ('linear', 'weight', 1), ('linear', 'weight', -1), ('linear', 'weight', None),
                                             ('lstm', 'weight_hh_l0', 0), ('lstm', 'weight_ih_l0', 1), ('gru', 'weight_hh_l0', None)]):
        torch.manual_seed(9000 + k)
        make = {'linear': lambda: torch.nn.Linear(5, 7), 'lstm': lambda: torch.nn.LSTM(5, 7), 'gru': lambda: torch.nn.GRU(5, 7)}[module]
        m = torch.nn.utils.weight_norm(make(), name, dim)
        # g other than the norm, so that it takes part.
        with torch.no_grad():
            getattr(m, name + '_g').mul_(torch.rand(getattr(m, name + '_g').shape) + 0.5)
        start = {n: p.detach().clone() for n, p in m.named_parameters()}
        x, up = torch.randn(4, 3, 5), torch.randn(4, 3, 7)

        def run(dtype):
            net = m.to(dtype)
            for p in net.parameters():
                p.grad = None
            xx = x.to(dtype).clone().requires_grad_()
            out = net(xx)
            out = out if module == 'linear' else out[0]
            (out * up.to(dtype)).sum().backward()
            return {'output': out, 'weight': getattr(net, name).detach().clone(), 'dInput': xx.grad, **{'d.' + n: p.grad.clone() for n, p in net.named_parameters()}}

        single = run(torch.float32)
        w.cases.append(dict(name=f'{module} {name} dim {dim}', module=module, weight=name, dim=dim, weights={n: w.put(t) for n, t in start.items()},
                            input=w.put(x), upstream=w.put(up), results=w.results(run(torch.float64), single)))
    w.close()


if __name__ == '__main__':
    torch.set_num_threads(1)
    for make in [variants, variant_cells, weight_norm]:
        make()
