#!/usr/bin/python3
"""Makes the golden files beside it with PyTorch. Run: python3 tests/goldens/make.py (Debian: python3-torch, made with 1.13.1).

Each NAME.json lists cases; a tensor is [dtype, byte offset, shape, eTorch] into NAME.bin (little endian). Inputs and weights are float32;
results are those of the float64 run on the same numbers, stored as float64, and eTorch is the largest error of PyTorch's own
float32 run against them.
"""
import itertools, json, os, sys
import numpy as np
import torch

torch.set_num_threads(1)
HERE = os.path.dirname(os.path.abspath(__file__))


class Writer:
    def __init__(self, name):
        self.name, self.data, self.cases = name, bytearray(), []

    def put(self, t, e_torch=None):
        a = t.detach().numpy() if isinstance(t, torch.Tensor) else np.asarray(t)
        shape = list(a.shape)
        kind = {'float32': 'f32', 'float64': 'f64', 'int32': 'i32', 'int64': 'i32'}[str(a.dtype)]
        if kind == 'i32':
            a = a.astype(np.int32)
        entry = [kind, len(self.data), shape] + ([e_torch] if e_torch is not None else [])
        self.data += np.ascontiguousarray(a).tobytes()
        return entry

    def results(self, exact, single):
        """float64 results with the float32 run's error, by name."""
        out = {}
        for k, v in exact.items():
            if v is None:
                continue
            e = float((v - single[k].double()).abs().max()) if v.numel() else 0.0
            out[k] = self.put(v, e)
        return out

    def close(self):
        with open(os.path.join(HERE, self.name + '.bin'), 'wb') as f:
            f.write(self.data)
        with open(os.path.join(HERE, self.name + '.json'), 'w') as f:
            json.dump({'torch': torch.__version__, 'cases': self.cases}, f, separators=(',', ':'))
        print(self.name, len(self.cases), 'cases', len(self.data), 'bytes')


def build(kind, sizes, options):
    cls = {'rnn': torch.nn.RNN, 'relu': torch.nn.RNN, 'lstm': torch.nn.LSTM, 'gru': torch.nn.GRU}[kind]
    extra = {'nonlinearity': 'relu'} if kind == 'relu' else {}
    return cls(*sizes, **options, **extra)


def recurrent_run(module, kind, x, state, lengths, upstream, batch_first, dtype):
    m = module.to(dtype)
    for p in m.parameters():
        p.grad = None
    x = x.to(dtype).clone().requires_grad_()
    state = [None if s is None else s.to(dtype).clone().requires_grad_() for s in state]
    given = None if state[0] is None else (tuple(state) if kind == 'lstm' else state[0])
    total = x.shape[1 if batch_first else 0]
    if lengths:
        packed = torch.nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=batch_first, enforce_sorted=False)
        out, s = m(packed, given)
        out, _ = torch.nn.utils.rnn.pad_packed_sequence(out, batch_first=batch_first, total_length=total)
    else:
        out, s = m(x, given)
    hn, cn = s if kind == 'lstm' else (s, None)
    loss = (out * upstream[0].to(dtype)).sum() + (hn * upstream[1].to(dtype)).sum()
    if cn is not None:
        loss = loss + (cn * upstream[2].to(dtype)).sum()
    loss.backward()
    r = {'output': out, 'hN': hn, 'cN': cn, 'dInput': x.grad}
    for n, s in zip(['dh0', 'dc0'], state):
        r[n] = None if s is None else s.grad
    for n, p in m.named_parameters():
        r['d.' + n] = p.grad.clone()
    return {k: v for k, v in r.items() if v is not None}


def recurrent():
    w = Writer('recurrent')
    matrix = list(itertools.product(['rnn', 'relu', 'lstm', 'proj', 'gru'], [1, 2], [False, True], [None, 'unsorted'], [True, False]))
    cases = [dict(kind=k, layers=l, bi=b, lengths=n, state=s, bias=(i % 3 != 0), first=(i % 4 >= 2)) for i, (k, l, b, n, s) in enumerate(matrix)]
    for kind in ['rnn', 'relu', 'lstm', 'proj', 'gru']:
        cases.append(dict(kind=kind, layers=3, bi=True, lengths='sorted', state=True, bias=True, first=True))
        for state in [True, False]:
            cases.append(dict(kind=kind, layers=2, bi=state, lengths=None, state=state, bias=True, first=False, unbatched=True))
    for i, c in enumerate(cases):
        torch.manual_seed(1000 + i)
        L, N, I, H = 5, 3, [3, 5, 4, 7][i % 4], [4, 5, 6, 9, 3][i % 5]
        kind = 'lstm' if c['kind'] == 'proj' else c['kind']
        P = max(1, H // 2) if c['kind'] == 'proj' else 0
        D = 2 if c['bi'] else 1
        options = dict(num_layers=c['layers'], bias=c['bias'], batch_first=c['first'], bidirectional=c['bi'])
        if P:
            options['proj_size'] = P
        m = build(kind, (I, H), options)
        if c.get('unbatched'):
            x, lead, oshape = torch.randn(L, I), (c['layers'] * D,), (L, D * (P or H))
        else:
            x = torch.randn(*((N, L) if c['first'] else (L, N)), I)
            lead, oshape = (c['layers'] * D, N), (*x.shape[:2], D * (P or H))
        lengths = {None: None, 'unsorted': [2, 5, 3], 'sorted': [5, 4, 1]}[c['lengths']]
        state = [torch.randn(*lead, P or H), torch.randn(*lead, H) if kind == 'lstm' else None] if c['state'] else [None, None]
        upstream = [torch.randn(*oshape), torch.randn(*lead, P or H), torch.randn(*lead, H)]
        weights = {n: p.detach().clone() for n, p in m.named_parameters()}
        single = recurrent_run(m, kind, x, state, lengths, upstream, c['first'], torch.float32)
        exact = recurrent_run(m, kind, x, state, lengths, upstream, c['first'], torch.float64)
        w.cases.append(dict(
            name=f"{c['kind']} layers {c['layers']}{' bidirectional' if c['bi'] else ''}{'' if c['bias'] else ' no bias'}{' batchFirst' if c['first'] else ''}"
                 f"{' unbatched' if c.get('unbatched') else ''} lengths {lengths} {'with' if c['state'] else 'no'} state",
            kind=kind, inputSize=I, hiddenSize=H, numLayers=c['layers'], bias=c['bias'], batchFirst=c['first'], bidirectional=c['bi'],
            projSize=P, lengths=lengths, weights={n: w.put(t) for n, t in weights.items()}, input=w.put(x),
            state=[w.put(s) for s in state if s is not None], upstream=[w.put(u) for u in upstream[:3 if kind == 'lstm' else 2]],
            results=w.results(exact, single)))
    w.close()


def cells():
    w = Writer('cells')
    for i, (kind, bias, batched, state) in enumerate(itertools.product(['rnn', 'relu', 'lstm', 'gru'], [True, False], [True, False], [True, False])):
        torch.manual_seed(2000 + i)
        N, I, H = 3, 4, 5
        cls = {'rnn': torch.nn.RNNCell, 'relu': torch.nn.RNNCell, 'lstm': torch.nn.LSTMCell, 'gru': torch.nn.GRUCell}[kind]
        m = cls(I, H, bias=bias, **({'nonlinearity': 'relu'} if kind == 'relu' else {}))
        lead = (N,) if batched else ()
        x, h, c, gh, gc = [torch.randn(*lead, n) for n in (I, H, H, H, H)]
        weights = {n: p.detach().clone() for n, p in m.named_parameters()}

        def run(dtype):
            mm = m.to(dtype)
            for p in mm.parameters():
                p.grad = None
            xx, hh, cc = [t.to(dtype).clone().requires_grad_() for t in (x, h, c)]
            given = None if not state else ((hh, cc) if kind == 'lstm' else hh)
            out = mm(xx, given)
            h1, c1 = out if kind == 'lstm' else (out, None)
            loss = (h1 * gh.to(dtype)).sum() + (0 if c1 is None else (c1 * gc.to(dtype)).sum())
            loss.backward()
            r = {'h': h1, 'c': c1, 'dInput': xx.grad, 'dh': hh.grad, 'dc': cc.grad}
            r.update({'d.' + n: p.grad.clone() for n, p in mm.named_parameters()})
            return {k: v for k, v in r.items() if v is not None}

        single, exact = run(torch.float32), run(torch.float64)
        w.cases.append(dict(name=f"{kind}Cell bias {bias} batched {batched} state {state}", kind=kind, inputSize=I, hiddenSize=H, bias=bias,
                            weights={n: w.put(t) for n, t in weights.items()}, input=w.put(x),
                            state=([w.put(h)] + ([w.put(c)] if kind == 'lstm' else [])) if state else [],
                            upstream=[w.put(gh)] + ([w.put(gc)] if kind == 'lstm' else []), results=w.results(exact, single)))
    w.close()


class Net(torch.nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.embedding = torch.nn.Embedding(12, 8)
        self.rnn = build(kind, (8, 16), dict(num_layers=2))
        self.head = torch.nn.Linear(16, 12)

    def forward(self, ids):
        return self.head(self.rnn(self.embedding(ids))[0])


def training():
    w = Writer('training')
    for i, (kind, optimizer) in enumerate([('rnn', 'AdamW'), ('lstm', 'Adam'), ('gru', 'SGD'), ('relu', 'SGD')]):
        torch.manual_seed(3000 + i)
        start = Net(kind).state_dict()
        start = {n: t.clone() for n, t in start.items()}
        ids = torch.randint(0, 12, (20, 7, 4))
        targets = torch.randint(0, 12, (20, 7, 4))

        def run(dtype):
            net = Net(kind)
            net.load_state_dict(start)
            net = net.to(dtype)
            opt = {'SGD': lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, nesterov=(kind == 'relu'), weight_decay=1e-3),
                   'Adam': lambda p: torch.optim.Adam(p, lr=0.01), 'AdamW': lambda p: torch.optim.AdamW(p, lr=0.01)}[optimizer](net.parameters())
            losses, norms = [], []
            for step in range(20):
                opt.zero_grad()
                loss = torch.nn.functional.cross_entropy(net(ids[step]).reshape(-1, 12), targets[step].reshape(-1))
                loss.backward()
                norms.append(float(torch.nn.utils.clip_grad_norm_(net.parameters(), 0.5)))
                opt.step()
                losses.append(loss.item())
            return losses, norms

        (l64, n64), (l32, n32) = run(torch.float64), run(torch.float32)
        w.cases.append(dict(name=f'{kind} with {optimizer}', kind=kind, optimizer=optimizer, weights={n: w.put(t) for n, t in start.items()},
                            ids=w.put(ids), targets=w.put(targets), losses=l64, norms=n64, losses32=l32, norms32=n32))
    w.close()


def ops():
    w = Writer('ops')
    F = torch.nn.functional

    def case(op, inputs, f, options=None, grads=None):
        """f(tensors) -> tensor; gradients of Σ out·upstream for the float inputs."""
        def run(dtype):
            ts = [t.to(dtype).clone().requires_grad_() if t.is_floating_point() else t for t in inputs]
            out = f(ts)
            torch.manual_seed(77)
            up = torch.randn(out.shape)
            (out * up.to(dtype)).sum().backward()
            r = {'out': out}
            for j, t in enumerate(ts):
                if t.is_floating_point() and t.grad is not None and (grads is None or j in grads):
                    r[f'd{j}'] = t.grad
            return r, up
        (exact, up), (single, _) = run(torch.float64), run(torch.float32)
        w.cases.append(dict(op=op, name=f'{op} {json.dumps(options or {})} {[list(t.shape) for t in inputs]}', options=options or {},
                            inputs=[w.put(t) for t in inputs], upstream=w.put(up), results=w.results(exact, single)))

    torch.manual_seed(4000)
    y = torch.tensor([1, 0, 4, -100, 2, 2])
    for red, smooth, weighted in itertools.product(['mean', 'sum', 'none'], [0.0, 0.2], [False, True]):
        weight = torch.rand(5) + 0.5
        o = dict(reduction=red, labelSmoothing=smooth, weight=weight.tolist() if weighted else None)
        case('crossEntropy', [torch.randn(6, 5) * 3, y], lambda t, r=red, s=smooth, wt=weight if weighted else None:
             F.cross_entropy(t[0], t[1], weight=None if wt is None else wt.to(t[0].dtype), reduction=r, label_smoothing=s), o)
    case('crossEntropy', [torch.randn(2, 5, 3, 2), torch.randint(0, 5, (2, 3, 2))], lambda t: F.cross_entropy(t[0], t[1]), dict(reduction='mean'))
    case('crossEntropy', [torch.randn(2, 5, 4), torch.randint(0, 5, (2, 4))], lambda t: F.cross_entropy(t[0], t[1], ignore_index=2, reduction='none'), dict(reduction='none', ignoreIndex=2))
    case('crossEntropy', [torch.randn(5), torch.tensor(3)], lambda t: F.cross_entropy(t[0], t[1]), dict(reduction='mean'))
    for red in ['mean', 'sum', 'none']:
        case('mseLoss', [torch.randn(3, 5), torch.randn(3, 5)], lambda t, r=red: F.mse_loss(t[0], t[1], reduction=r), dict(reduction=red))
    for dim in [0, 1, 2]:
        case('softmax', [torch.randn(3, 5, 7) * 4], lambda t, d=dim: t[0].softmax(d), dict(dim=dim))
        case('logSoftmax', [torch.randn(3, 5, 7) * 4], lambda t, d=dim: t[0].log_softmax(d), dict(dim=dim))
    case('embedding', [torch.randn(6, 3), torch.tensor([[1, 0, 5], [1, 1, 2]])], lambda t: F.embedding(t[1], t[0]), dict())
    case('embedding', [torch.randn(6, 3), torch.tensor([[1, 0, 5], [1, 1, 2]])], lambda t: F.embedding(t[1], t[0], padding_idx=1), dict(paddingIdx=1))
    case('linear', [torch.randn(4, 3, 5), torch.randn(7, 5), torch.randn(7)], lambda t: F.linear(*t), dict())
    case('matmul', [torch.randn(2, 3, 4, 5), torch.randn(3, 5, 6)], lambda t: t[0] @ t[1], dict())
    for name in ['exp', 'log', 'sqrt', 'tanh', 'sigmoid', 'relu', 'abs', 'neg']:
        case(name, [torch.rand(37) * 6 + (0.05 if name in ('log', 'sqrt') else -3)], lambda t, n=name: getattr(t[0], n)(), dict())
    for name in ['add', 'sub', 'mul', 'div', 'pow']:
        case(name, [torch.rand(3, 1, 4) + 0.5, torch.rand(5, 1) + 0.5], lambda t, n=name: getattr(t[0], n)(t[1]), dict())
    for name in ['sum', 'mean']:
        for dim in [None, 0, 1, 2]:
            case(name, [torch.randn(3, 5, 7)], lambda t, n=name, d=dim: getattr(t[0], n)() if d is None else getattr(t[0], n)(d), dict(dim=dim))
    for name in ['max', 'min']:
        for dim in [None, 0, 2]:
            case(name, [torch.randn(3, 5, 7)], lambda t, n=name, d=dim: getattr(t[0], n)() if d is None else getattr(t[0], n)(d)[0], dict(dim=dim))
    torch.manual_seed(4100)
    for red in ['mean', 'sum', 'none']:
        pair = lambda *shape: [torch.randn(*shape) * 2, torch.randn(*shape)]
        case('l1Loss', pair(3, 5), lambda t, r=red: F.l1_loss(t[0], t[1], reduction=r), dict(reduction=red))
        for beta in [1.0, 0.3, 0.0]:
            case('smoothL1Loss', pair(4, 7), lambda t, r=red, b=beta: F.smooth_l1_loss(t[0], t[1], reduction=r, beta=b), dict(reduction=red, beta=beta))
        for delta in [1.0, 2.5]:
            case('huberLoss', pair(4, 7), lambda t, r=red, d=delta: F.huber_loss(t[0], t[1], reduction=r, delta=d), dict(reduction=red, delta=delta))
        for weighted in [False, True]:
            wt, pw = torch.rand(6) + 0.5, torch.rand(6) * 3
            o = dict(reduction=red, weight=wt.tolist() if weighted else None, posWeight=pw.tolist() if weighted else None)
            case('binaryCrossEntropyWithLogits', [torch.randn(5, 6) * 8, torch.rand(5, 6)], lambda t, r=red, a=wt if weighted else None, b=pw if weighted else None:
                 F.binary_cross_entropy_with_logits(t[0], t[1], reduction=r, weight=None if a is None else a.to(t[0].dtype), pos_weight=None if b is None else b.to(t[0].dtype)), o)
            cw = torch.rand(5) + 0.5
            case('nllLoss', [torch.randn(6, 5).log_softmax(1), y], lambda t, r=red, c=cw if weighted else None:
                 F.nll_loss(t[0], t[1], reduction=r, weight=None if c is None else c.to(t[0].dtype)), dict(reduction=red, weight=cw.tolist() if weighted else None))
        case('nllLoss', [torch.randn(2, 5, 3).log_softmax(1), torch.randint(0, 5, (2, 3))], lambda t, r=red: F.nll_loss(t[0], t[1], reduction=r, ignore_index=2), dict(reduction=red, ignoreIndex=2))
        case('cosineEmbeddingLoss', [torch.randn(6, 9), torch.randn(6, 9), torch.tensor([1, -1, 1, -1, -1, 1])], lambda t, r=red: F.cosine_embedding_loss(t[0], t[1], t[2], reduction=r), dict(reduction=red))
        case('cosineEmbeddingLoss', [torch.randn(6, 9), torch.randn(6, 9), torch.tensor([1, -1, 1, -1, -1, 1])], lambda t, r=red: F.cosine_embedding_loss(t[0], t[1], t[2], margin=0.1, reduction=r), dict(reduction=red, margin=0.1))
    for red, log in itertools.product(['mean', 'sum', 'none', 'batchmean'], [False, True]):
        target = torch.randn(4, 6).log_softmax(1) if log else torch.tensor([[0.5, 0.5, 0, 0, 0, 0], [0.1, 0.2, 0.3, 0.4, 0, 0], [1, 0, 0, 0, 0, 0], [0.2, 0.2, 0.2, 0.2, 0.1, 0.1]])
        case('klDiv', [torch.randn(4, 6).log_softmax(1), target], lambda t, r=red, l=log: F.kl_div(t[0], t[1], reduction=r, log_target=l), dict(reduction=red, logTarget=log), grads=[0])
    w.close()


def optimizers():
    w = Writer('optimizers')
    O = torch.optim
    table = [('SGD', dict(lr=0.1)), ('SGD', dict(lr=0.1, momentum=0.9)), ('SGD', dict(lr=0.1, momentum=0.9, dampening=0.3)),
             ('SGD', dict(lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01)), ('Adam', dict(lr=0.01)),
             ('Adam', dict(lr=0.01, betas=(0.8, 0.99), eps=1e-6, weight_decay=0.02)), ('AdamW', dict(lr=0.01)),
             ('AdamW', dict(lr=0.05, weight_decay=0.1)), ('Adam', dict(lr=0.05, amsgrad=True)), ('AdamW', dict(lr=0.05, amsgrad=True, maximize=True)),
             ('SGD', dict(lr=0.1, momentum=0.5, weight_decay=0.1, maximize=True)), ('RMSprop', dict()), ('RMSprop', dict(lr=0.02, alpha=0.9, eps=1e-3, weight_decay=0.1)),
             ('RMSprop', dict(lr=0.02, alpha=0.8, momentum=0.9, centered=True, eps=1e-2)), ('Adagrad', dict()),
             ('Adagrad', dict(lr=0.2, lr_decay=0.1, weight_decay=0.05, initial_accumulator_value=0.5, eps=1e-3, maximize=True))]
    for i, (name, o) in enumerate(table):
        torch.manual_seed(5000 + i)
        start, grads = torch.randn(11), torch.randn(15, 11)

        def run(dtype):
            p = torch.nn.Parameter(start.to(dtype).clone())
            opt = getattr(O, name)([p], **o)
            path = []
            for g in grads:
                p.grad = g.to(dtype).clone()
                opt.step()
                path.append(p.detach().clone())
            return {'path': torch.stack(path)}

        camel = {'weight_decay': 'weightDecay', 'lr_decay': 'lrDecay', 'initial_accumulator_value': 'initialAccumulatorValue'}
        w.cases.append(dict(name=f'{name} {json.dumps(o)}', optimizer=name, options={camel.get(k, k): v for k, v in o.items()},
                            start=w.put(start), gradients=w.put(grads), results=w.results(run(torch.float64), run(torch.float32))))
    w.close()


def schedulers():
    """Learning rates (and momenta) of two groups over some steps: no tensors, so the numbers stand in the JSON."""
    S = torch.optim.lr_scheduler
    metrics = [1.0, 0.9, 0.95, 0.93, 0.92, 0.9, 0.9, 0.8, 0.8, 0.81, 0.79999, 0.8, 0.8, 0.8, 0.8, 0.5, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6]
    table = [('StepLR', dict(step_size=3)), ('StepLR', dict(step_size=5, gamma=0.5)), ('MultiStepLR', dict(milestones=[2, 3, 9], gamma=0.3)),
             ('MultiStepLR', dict(milestones=[4, 4, 1])), ('ExponentialLR', dict(gamma=0.9)), ('CosineAnnealingLR', dict(T_max=7)),
             ('CosineAnnealingLR', dict(T_max=10, eta_min=0.01)), ('LinearLR', dict()), ('LinearLR', dict(start_factor=0.1, end_factor=0.7, total_iters=8)),
             ('ConstantLR', dict(factor=0.2, total_iters=4)), ('OneCycleLR', dict(max_lr=0.3, total_steps=24)),
             ('OneCycleLR', dict(max_lr=[0.3, 0.1], epochs=4, steps_per_epoch=6, pct_start=0.25, anneal_strategy='linear', div_factor=10.0, final_div_factor=100.0)),
             ('OneCycleLR', dict(max_lr=0.3, total_steps=24, three_phase=True, base_momentum=0.7, max_momentum=0.9)),
             ('OneCycleLR', dict(max_lr=0.3, total_steps=24, cycle_momentum=False)), ('ReduceLROnPlateau', dict(patience=1)),
             ('ReduceLROnPlateau', dict(mode='max', factor=0.5, patience=2, threshold=0.05, threshold_mode='abs', cooldown=2, min_lr=[0.001, 0.02])),
             ('ReduceLROnPlateau', dict(factor=0.5, patience=0, eps=0.02))]
    camel = lambda s: ''.join(p if i == 0 else p.capitalize() for i, p in enumerate(s.split('_'))).replace('TMax', 'tMax').replace('T_max', 'tMax')
    cases = []
    for name, o in table:
        for kind in ['SGD', 'Adam']:
            ps = [torch.nn.Parameter(torch.ones(1)) for _ in range(2)]
            groups = [dict(params=[ps[0]]), dict(params=[ps[1]], lr=0.05)]
            opt = torch.optim.SGD(groups, lr=0.2, momentum=0.9) if kind == 'SGD' else torch.optim.Adam(groups, lr=0.2)
            s = getattr(S, name)(opt, **o)
            path = []
            for t in range(24):
                path.append([[g['lr'], g['momentum'] if kind == 'SGD' else g['betas'][0]] for g in opt.param_groups])
                opt.step()
                if t < 23:
                    s.step(metrics[t]) if name == 'ReduceLROnPlateau' else s.step()
            cases.append(dict(name=f'{name} {json.dumps(o)} on {kind}', scheduler=name, optimizer=kind, path=path,
                              options={('tMax' if k == 'T_max' else camel(k)): v for k, v in o.items()}))
    # Warm-up, then decay; and two at once.
    for combined in ['SequentialLR', 'both']:
        opt = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=0.2)
        a, b = S.LinearLR(opt, start_factor=0.1, total_iters=5), S.ExponentialLR(opt, gamma=0.9)
        s = [S.SequentialLR(opt, [a, b], [6])] if combined == 'SequentialLR' else [a, b]
        path = []
        for t in range(24):
            path.append([[g['lr'], g['momentum']] for g in opt.param_groups])
            opt.step()
            for one in s:
                one.step()
        cases.append(dict(name=f'warm-up: {combined}', scheduler=combined, optimizer='SGD', path=path, options={}))
    with open(os.path.join(HERE, 'schedulers.json'), 'w') as f:
        json.dump({'torch': torch.__version__, 'metrics': metrics, 'cases': cases}, f, separators=(',', ':'))
    print('schedulers', len(cases), 'cases')


if __name__ == '__main__':
    print('torch', torch.__version__)
    makers = {f.__name__: f for f in [recurrent, cells, training, ops, optimizers, schedulers]}
    for name in sys.argv[1:] or makers:
        makers[name]()
