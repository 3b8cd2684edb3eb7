#!/usr/bin/python3
"""Makes flow.json and .bin: the gradient of every h_t of every layer and direction, by a loop of cells with retain_grad.

Run: python3 tests/goldens/make_flow.py (see make.py). loss = the sum of the last step's output (of each row's own last step with lengths).
"""
import torch
from make import Writer, build

CELLS = {'rnn': torch.nn.RNNCell, 'relu': torch.nn.RNNCell, 'lstm': torch.nn.LSTMCell, 'gru': torch.nn.GRUCell}


def cell(kind, I, H, weights, suffix, dtype):
    c = CELLS[kind](I, H, **({'nonlinearity': 'relu'} if kind == 'relu' else {})).to(dtype)
    c.load_state_dict({n: weights[f'{n}_{suffix}'].to(dtype) for n in ['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh']})
    return c


def norms(kind, x, lengths, weights, H, layers, D, dtype):
    """[layers * D, L]: every ‖∂loss/∂h_t‖ over the rows running at t."""
    L, N, _ = x.shape
    steps, kept = [x[t].to(dtype) for t in range(L)], []
    for layer in range(layers):
        both = []
        for d in range(D):
            c = cell(kind, steps[0].shape[1], H, weights, f"l{layer}{'_reverse' if d else ''}", dtype)
            h = s = torch.zeros(N, H, dtype=dtype)
            out = [None] * L
            for t in (reversed(range(L)) if d else range(L)):
                new = c(steps[t], (h, s)) if kind == 'lstm' else (c(steps[t], h), s)
                new[0].retain_grad()
                out[t] = new[0]
                running = torch.tensor([[t < n] for n in lengths])
                h, s = torch.where(running, new[0], h), torch.where(running, new[1], s)
            both.append(out)
            kept.append(out)
        steps = [torch.cat([b[t] for b in both], 1) for t in range(L)]
    sum(steps[n - 1][row].sum() for row, n in enumerate(lengths)).backward()
    return torch.stack([torch.stack([torch.zeros((), dtype=dtype) if h.grad is None else h.grad.norm() for h in out]) for out in kept])


w = Writer('flow')
for i, (kind, layers, bi, lengths) in enumerate([('rnn', 2, True, [6, 6, 6]), ('relu', 1, False, [6, 6, 6]), ('lstm', 2, True, [6, 6, 6]),
                                                 ('gru', 3, False, [6, 6, 6]), ('lstm', 2, True, [3, 6, 1]), ('gru', 2, True, [2, 4, 6])]):
    torch.manual_seed(7000 + i)
    L, N, I, H, D = 6, 3, 4, 5, 2 if bi else 1
    weights = {n: p.detach().clone() for n, p in build(kind, (I, H), dict(num_layers=layers, bidirectional=bi)).named_parameters()}
    x = torch.randn(L, N, I)
    exact, single = [norms(kind, x, lengths, weights, H, layers, D, d) for d in (torch.float64, torch.float32)]
    w.cases.append(dict(name=f"{kind} layers {layers}{' bidirectional' if bi else ''} lengths {lengths}", kind=kind, inputSize=I, hiddenSize=H,
                        numLayers=layers, bidirectional=bi, lengths=lengths, weights={n: w.put(t) for n, t in weights.items()}, input=w.put(x),
                        results=w.results({'norms': exact}, {'norms': single})))
w.close()
