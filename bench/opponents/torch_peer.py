#!/usr/bin/python3
"""PyTorch, one thread, on the BLAS that the system gives it. Same lines in and out as serve.mjs."""
import json, os, resource, sys, time

os.environ['OMP_NUM_THREADS'] = os.environ['OPENBLAS_NUM_THREADS'] = '1'
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import torch
from tensors import read_tensors

torch.set_num_threads(1)
torch.set_num_interop_threads(1)
WARM, SAMPLE = 0.3, 0.0005


def blas():
    """The BLAS library in this process, by its file: the reference one is ten times slower than OpenBLAS."""
    torch.ones(64, 64) @ torch.ones(64, 64)
    with open('/proc/self/maps') as maps:
        files = {line.split('/')[-1].strip() for line in maps if '/' in line}
    return ' '.join(sorted(f for f in files if 'blas' in f or 'mkl' in f)) or 'built in'


def prepare(spec, file):
    tensors = {name: torch.from_numpy(array) for name, array in read_tensors(file).items()}
    make = torch.nn.LSTM if spec['kind'] == 'lstm' else torch.nn.GRU
    bidirectional = bool(spec.get('bidirectional'))
    model = make(spec['inputSize'], spec['hiddenSize'], spec['numLayers'], bidirectional=bidirectional)
    model.load_state_dict({name: tensors[name] for name in model.state_dict()})
    run, results = {'stream': stream, 'forward': forward, 'train': train}[spec['mode']](model, tensors, spec)
    return run, results, tensors


def stream(model, tensors, spec):
    x, state = tensors['x'], [None]

    def step(t=0):
        with torch.no_grad():
            y, state[0] = model(x[t : t + 1], state[0])
        return y

    return step, lambda: {'output': torch.cat([step(t) for t in range(len(x))])}


def forward(model, tensors, spec):
    def run():
        with torch.no_grad():
            return model(tensors['x'])[0]

    return run, lambda: {'output': run()}


def train(model, tensors, spec):
    named = dict(model.named_parameters())
    linear = None
    if 'classes' in spec:
        linear = torch.nn.Linear(spec['hiddenSize'], spec['classes'])
        linear.load_state_dict({name: tensors[f'linear.{name}'] for name in ('weight', 'bias')})
        named.update({f'linear.{name}': p for name, p in linear.named_parameters()})
        targets = tensors['targets'].reshape(-1).long()

    def run():
        for p in named.values():
            p.grad = None
        y, _ = model(tensors['x'])
        if linear is None:
            y.backward(tensors['dy'])
            return {'output': y}
        loss = torch.nn.functional.cross_entropy(linear(y).view(-1, spec['classes']), targets)
        loss.backward()
        return {'output': y, 'loss': loss}

    return run, lambda: {**run(), **{f'grad.{name}': p.grad for name, p in named.items()}}


def error_of(results, tensors):
    worst = 0.0
    for name, want in tensors.items():
        if name.startswith('truth.'):
            got = results[name[len('truth.') :]].detach().reshape(-1)
            worst = max(worst, float((got - want).abs().max() / want.abs().max()))
    return worst


class Work:
    def __init__(self, spec, file):
        self.run, self.results, tensors = prepare(spec, file)
        self.error = error_of(self.results(), tensors)
        start, done = time.perf_counter(), 0
        while done == 0 or time.perf_counter() - start < WARM:
            self.run()
            done += 1
        self.units = max(1, round(SAMPLE / ((time.perf_counter() - start) / done)))

    def round(self, ms):
        samples, begun = [], time.perf_counter()
        while not samples or time.perf_counter() - begun < ms / 1000:
            start = clock()
            for _ in range(self.units):
                self.run()
            samples.append((clock() - start) / self.units * 1e6)
        return samples


def answer(message):
    print(json.dumps(message), flush=True)


options = json.loads(sys.argv[1])
clock = time.process_time if options.get('clock') == 'cpu' else time.perf_counter
if 'first' in options:
    run, _, _ = prepare(options['first']['spec'], options['first']['file'])
    run()
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    now = time.clock_gettime(time.CLOCK_MONOTONIC) * 1000
    answer({'now': now, 'cpu': time.process_time() * 1000, 'rss': rss})
    sys.exit()
answer({'versions': {'torch': torch.__version__, 'blas': blas(), 'python': sys.version.split()[0]}})
work = None
for line in sys.stdin:
    message = json.loads(line)
    if 'prepare' in message:
        work = Work(message['prepare']['spec'], message['prepare']['file'])
        answer({'error': work.error})
    else:
        answer({'samples': work.round(message['round'])})
