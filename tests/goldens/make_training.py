#!/usr/bin/python3
"""Makes training-long.json and .bin: 200 training steps of Embedding -> two recurrent layers -> Linear with active clipping.

Run: python3 tests/goldens/make_training.py (see make.py). The task is to say the symbol before: targets[t] = ids[t - 1] (0 at the first step).
Refuses a run whose float32 losses leave the float64 ones by more than 3e-5 relative: such a run could not judge another float32.
"""
import torch
from make import Net, Writer

STEPS, MAX_NORM, LIMIT = 200, 0.5, 3e-5
OPTIMIZERS = {
    'Adam': lambda p: torch.optim.Adam(p, lr=0.005),
    'SGD': lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
}


def run(kind, optimizer, start, ids, dtype):
    net = Net(kind)
    net.load_state_dict(start)
    net = net.to(dtype)
    opt = OPTIMIZERS[optimizer](net.parameters())
    losses, norms = [], []
    for x in ids:
        target = torch.cat([torch.zeros_like(x[:1]), x[:-1]])
        opt.zero_grad()
        loss = torch.nn.functional.cross_entropy(net(x).reshape(-1, 12), target.reshape(-1))
        loss.backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_(net.parameters(), MAX_NORM)))
        opt.step()
        losses.append(loss.item())
    return losses, norms


w = Writer('training-long')
torch.manual_seed(6000)
ids = torch.randint(0, 12, (STEPS, 6, 4))
for kind, optimizer in [('lstm', 'Adam'), ('gru', 'SGD'), ('rnn', 'Adam'), ('relu', 'Adam')]:
    torch.manual_seed(6001)
    start = {n: t.clone() for n, t in Net(kind).state_dict().items()}
    (exact, norms), (single, _) = [run(kind, optimizer, start, ids, d) for d in (torch.float64, torch.float32)]
    drift = max(abs(a - b) / a for a, b in zip(single, exact))
    clipped = sum(n > MAX_NORM for n in norms)
    print(f'{kind} {optimizer}: loss {exact[0]:.3f} -> {exact[-1]:.4f}, float32 off by {drift:.2e}, clipped in {clipped} steps')
    assert drift < LIMIT and clipped > STEPS // 4
    w.cases.append(dict(name=f'{kind} with {optimizer}', kind=kind, optimizer=optimizer, maxNorm=MAX_NORM, drift32=drift, clipped=clipped,
                        weights={n: w.put(t) for n, t in start.items()}, ids=w.put(ids) if not w.cases else w.cases[0]['ids'],
                        losses=exact))
w.close()
