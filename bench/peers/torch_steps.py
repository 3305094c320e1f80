"""PyTorch's training steps and products; reads requests as JSON lines on stdin, answers seconds per step.

{"widths": [784, 10], "optimizer": "sgd", "batchSize": 32, "threads": 1, "steps": 100}
{"widths": [16, 256, 10], "optimizer": "adam", "batchSize": 256, "members": 32, "shared": true, "threads": 1, "steps": 10}
{"m": 1024, "n": 1024, "k": 1024, "kind": "NT", "threads": 1, "steps": 10}
"""
import json
import sys
import time

import torch


class OwnLinears(torch.nn.Module):
    """Of k networks side by side: X [k, rows, inputs] -> [k, rows, outputs], one baddbmm."""

    def __init__(self, members, inputs, outputs):
        super().__init__()
        each = [torch.nn.Linear(inputs, outputs) for _ in range(members)]
        self.weight = torch.nn.Parameter(torch.stack([one.weight.T for one in each]).detach())
        self.bias = torch.nn.Parameter(torch.stack([one.bias[None] for one in each]).detach())

    def forward(self, X):
        return torch.baddbmm(self.bias, X, self.weight)


class SharedLinear(torch.nn.Module):
    """One weight for k networks, between vectors of their own (BatchEnsemble)."""

    def __init__(self, members, inputs, outputs):
        super().__init__()
        self.linear = torch.nn.Linear(inputs, outputs, bias=False)
        self.r = torch.nn.Parameter(torch.ones(members, 1, inputs))
        self.s = torch.nn.Parameter(torch.ones(members, 1, outputs))
        self.bias = torch.nn.Parameter(torch.zeros(members, 1, outputs))

    def forward(self, X):
        return self.linear(X * self.r) * self.s + self.bias


def stepper(widths, optimizer, batch, members=None, shared=False):
    torch.manual_seed(0)
    rows = 6000
    table = torch.rand(rows, widths[0]) * 2 - 1
    labels = torch.randint(0, widths[-1], (rows,))
    layers = []
    for i in range(1, len(widths)):
        is_last = i + 1 == len(widths)
        if members is None:
            layer = torch.nn.Linear(widths[i - 1], widths[i])
        elif shared and not is_last:
            layer = SharedLinear(members, widths[i - 1], widths[i])
        else:
            layer = OwnLinears(members, widths[i - 1], widths[i])
        layers += [layer, torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    rule = (
        torch.optim.SGD(model.parameters(), lr=0.01)
        if optimizer == "sgd"
        else torch.optim.Adam(model.parameters(), lr=0.001)
    )
    order = torch.randperm(rows)
    at = 0

    def run(steps):
        nonlocal at
        for _ in range(steps):
            chosen = order[at : at + batch]
            at = (at + batch) % (rows - batch)
            x, y = table[chosen], labels[chosen]
            if members is not None:
                x, y = x.expand(members, *x.shape), y.repeat(members)
            loss = torch.nn.functional.cross_entropy(model(x).reshape(len(y), -1), y)
            rule.zero_grad(set_to_none=True)
            loss.backward()
            rule.step()

    return run


def multiplier(m, n, k, kind):
    a = torch.rand(k, m).T if kind == "TN" else torch.rand(m, k)
    b = torch.rand(n, k).T if kind == "NT" else torch.rand(k, n)
    out = torch.empty(m, n)

    def run(steps):
        for _ in range(steps):
            torch.mm(a, b, out=out)

    return run


steppers = {}
print(json.dumps({"version": torch.__version__}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    torch.set_num_threads(request["threads"])
    key = json.dumps({k: v for k, v in request.items() if k not in ("threads", "steps")})
    if key not in steppers:
        steppers[key] = (
            multiplier(request["m"], request["n"], request["k"], request["kind"])
            if "kind" in request
            else stepper(
                request["widths"],
                request["optimizer"],
                request["batchSize"],
                request.get("members"),
                request.get("shared", False),
            )
        )
    start = time.perf_counter()
    steppers[key](request["steps"])
    print(json.dumps((time.perf_counter() - start) / request["steps"]), flush=True)
