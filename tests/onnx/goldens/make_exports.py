# exports.json: models as torch.onnx.export writes them, run by PyTorch itself on shapes other than those they were exported with.
#
#   /usr/bin/python3 tests/onnx/goldens/make_exports.py     (python3-torch 1.13 and python3-onnx of Debian)
import base64
import io
import json
import os
import warnings

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

warnings.filterwarnings("ignore")
torch.manual_seed(0)


class Layers(nn.Module):
    """Two layers both ways from zero states, whose sizes the file takes from the input: Shape, Gather, Concat, ConstantOfShape."""

    def __init__(self, kind):
        super().__init__()
        self.r = getattr(nn, kind)(3, 4, 2, bidirectional=True, batch_first=True)

    def forward(self, x):
        y, h = self.r(x)
        return y, h[0] if isinstance(h, tuple) else h


class Packed(nn.Module):
    """sequence_lens."""

    def __init__(self):
        super().__init__()
        self.r = nn.GRU(4, 5, batch_first=True, bidirectional=True)

    def forward(self, x, lengths):
        packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True)
        y, h = self.r(packed)
        return nn.utils.rnn.pad_packed_sequence(y, batch_first=True)[0], h


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.e = nn.Embedding(12, 5)
        self.r = nn.LSTM(5, 4, batch_first=True, bidirectional=True)
        self.l = nn.Linear(8, 3)

    def forward(self, ids):
        y, (h, _) = self.r(self.e(ids))
        z = self.l(torch.cat([h[-2], h[-1]], 1))
        return F.log_softmax(z, 1), y[:, -1], y.max(1)[0], torch.argmax(z, -1)


class Denoiser(nn.Module):
    """As GTCRN and DeepFilterNet: grouped (transposed) Conv2d, folded norms, shuffled channels, GRU over bands and over time, einsum."""

    def __init__(self):
        super().__init__()
        self.c = nn.Sequential(nn.Conv2d(2, 4, (1, 5), (1, 2), (0, 2)), nn.BatchNorm2d(4), nn.PReLU(4))
        self.d = nn.Sequential(nn.Conv2d(4, 4, (3, 3), padding=(2, 1), dilation=(2, 1), groups=4), nn.BatchNorm2d(4), nn.PReLU())
        self.bands = nn.GRU(4, 2, batch_first=True, bidirectional=True)
        self.ln = nn.LayerNorm((5, 4))
        self.time = nn.GRU(4, 4, batch_first=True)
        self.up = nn.Sequential(nn.ConvTranspose2d(4, 4, (1, 5), (1, 2), (0, 2), groups=2), nn.BatchNorm2d(4))
        self.last = nn.ConvTranspose2d(4, 2, (1, 3), padding=(0, 1))
        self.w = nn.Parameter(torch.randn(2, 5, 3))
        for m in self.modules():
            if isinstance(m, nn.BatchNorm2d):
                for p, low in ((m.running_mean, -1), (m.running_var, 0.5), (m.weight.data, 0.5), (m.bias.data, -1)):
                    p.uniform_(low, low + 1)

    def forward(self, x, h):
        z = self.d(self.c(x))
        b, c, t, f = z.shape
        z = z.view(b, 2, 2, t, f).transpose(1, 2).reshape(b, c, t, f)
        y = z.permute(0, 2, 3, 1)
        i = self.ln(self.bands(y.reshape(b * t, f, c))[0].view(b, t, f, c)) + y
        j, hn = self.time(i.permute(0, 2, 1, 3).reshape(b * f, t, c), h)
        j = j.view(b, f, t, c).permute(0, 3, 2, 1) + z
        return torch.tanh(self.last(self.up(j))), hn, torch.einsum("bctf,cfk->btk", j[:, :2], self.w)


class Separator(nn.Module):
    """As Conv-TasNet: encoder, global norm, dilated depthwise Conv1d, masks, decoder."""

    def __init__(self):
        super().__init__()
        self.enc = nn.Conv1d(1, 6, 16, stride=8, bias=False)
        self.n = nn.GroupNorm(1, 6)
        self.b = nn.Sequential(nn.Conv1d(6, 8, 1), nn.PReLU(), nn.Conv1d(8, 8, 3, padding=2, dilation=2, groups=8), nn.PReLU())
        self.o = nn.Conv1d(8, 12, 1)
        self.r = nn.LSTM(6, 6, batch_first=True)
        self.dec = nn.ConvTranspose1d(6, 1, 16, stride=8, bias=False)

    def forward(self, x):
        w = F.relu(self.enc(x))
        m = torch.sigmoid(self.o(self.b(self.n(w)))).view(x.shape[0], 2, 6, -1)
        m = m * torch.sigmoid(self.r(w.transpose(1, 2))[0]).transpose(1, 2).unsqueeze(1)
        return self.dec((w.unsqueeze(1) * m).view(-1, 6, w.shape[-1])).view(x.shape[0], 2, -1)


class WakeWord(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.Sequential(nn.Conv1d(6, 8, 5, stride=2), nn.BatchNorm1d(8), nn.Hardswish())
        self.i = nn.InstanceNorm1d(8, affine=True)
        self.g = nn.GRU(8, 5, 2, batch_first=True)
        self.l = nn.Linear(5, 3)

    def forward(self, x):
        y, _ = self.g(F.gelu(self.i(self.c(x))).transpose(1, 2))
        return F.softmax(self.l(y[:, -1]), -1)


class Greedy(nn.Module):
    """A Loop whose state grows."""

    def __init__(self):
        super().__init__()
        self.e = nn.Embedding(9, 5)
        self.c = nn.Linear(5, 6)
        self.u = nn.Linear(6, 6)
        self.o = nn.Linear(6, 9)

    def forward(self, h, n: int):
        t = torch.zeros(h.size(0), dtype=torch.long)
        out = torch.zeros(h.size(0), 0, dtype=torch.long)
        for _ in range(n):
            h = torch.tanh(self.c(self.e(t)) + self.u(h))
            t = self.o(h).argmax(1)
            out = torch.cat([out, t.unsqueeze(1)], 1)
        return out, h


class While(nn.Module):
    """A Loop that its body ends."""

    def __init__(self):
        super().__init__()
        self.c = nn.Linear(4, 4)

    def forward(self, x):
        n = 0
        while bool(x.abs().sum() > 0.05) and n < 50:
            x = torch.tanh(self.c(x)) * 0.8
            n += 1
        return x, n


def stored(x):
    a = x.numpy() if isinstance(x, torch.Tensor) else np.asarray(x, "int64")
    return [str(a.dtype), list(a.shape), base64.b64encode(a.tobytes()).decode()]


lines = []


def case(name, module, opset, exported, given, dynamic, script=False):
    module = module.eval()
    file = io.BytesIO()
    inputs = list(given)
    with torch.no_grad():
        results = module(*given.values())
    results = results if isinstance(results, tuple) else (results,)
    outputs = [f"y{i}" for i in range(len(results))]
    torch.onnx.export(
        torch.jit.script(module) if script else module,
        exported,
        file,
        opset_version=opset,
        input_names=inputs,
        output_names=outputs,
        dynamic_axes=dynamic,
    )
    feeds = {key: stored(x) for key, x in given.items()}
    wanted = {key: stored(x) for key, x in zip(outputs, results)}
    model = base64.b64encode(file.getvalue()).decode()
    lines.append(json.dumps({"name": f"{name}, opset {opset}", "tolerance": 5e-6, "model": model, "feeds": feeds, "outputs": wanted}))


R = torch.randn
both = {"x": {0: "batch", 1: "time"}}
for kind, opset in (("LSTM", 9), ("GRU", 13), ("RNN", 17)):
    case(f"{kind}, two layers both ways", Layers(kind), opset, (R(1, 5, 3),), {"x": R(3, 4, 3)}, both)
lengths = {**both, "lengths": {0: "batch"}}
case("packed GRU", Packed(), 13, (R(3, 6, 4), torch.tensor([6, 4, 2])), {"x": R(3, 6, 4), "lengths": torch.tensor([6, 5, 1])}, lengths)
ids = {"ids": {0: "batch", 1: "time"}}
case("text classifier", Classifier(), 15, (torch.randint(0, 12, (1, 6)),), {"ids": torch.randint(0, 12, (3, 4))}, ids)
frames = {"x": R(1, 2, 3, 9), "h": R(5, 4).unsqueeze(0)}
case("denoiser", Denoiser(), 17, (R(1, 2, 5, 9), R(1, 5, 4)), frames, {"x": {2: "time"}})
case("separator", Separator(), 11, (R(1, 1, 64),), {"x": R(2, 1, 48)}, {"x": {0: "batch", 2: "time"}})
case("wake word", WakeWord(), 13, (R(1, 6, 21),), {"x": R(2, 6, 16)}, {"x": {0: "batch", 2: "time"}})
case("greedy decoder", Greedy(), 15, (R(2, 6), torch.tensor(4)), {"h": R(3, 6), "n": torch.tensor(5)}, {"h": {0: "batch"}}, True)
case("while", While(), 13, (R(1, 4),), {"x": R(2, 4)}, {"x": {0: "batch"}}, True)

with open(os.path.join(os.path.dirname(__file__), "exports.json"), "w") as f:
    f.write("[\n" + ",\n".join(lines) + "\n]\n")
