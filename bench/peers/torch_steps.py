"""PyTorch's training step on random bytes; reads shapes as JSON lines on stdin, answers seconds per step.

{"widths": [784, 10], "optimizer": "sgd", "batchSize": 32, "threads": 1, "steps": 100}
"""
import json
import sys
import time

import torch


def stepper(widths, optimizer, batch):
    torch.manual_seed(0)
    rows = 6000
    table = torch.rand(rows, widths[0]) * 2 - 1
    labels = torch.randint(0, widths[-1], (rows,))
    layers = []
    for i in range(1, len(widths)):
        layers += [torch.nn.Linear(widths[i - 1], widths[i]), torch.nn.ReLU()]
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
            loss = torch.nn.functional.cross_entropy(model(table[chosen]), labels[chosen])
            rule.zero_grad(set_to_none=True)
            loss.backward()
            rule.step()

    return run


steppers = {}
print(json.dumps({"version": torch.__version__}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    torch.set_num_threads(request["threads"])
    key = json.dumps([request["widths"], request["optimizer"], request["batchSize"]])
    if key not in steppers:
        steppers[key] = stepper(request["widths"], request["optimizer"], request["batchSize"])
    start = time.perf_counter()
    steppers[key](request["steps"])
    print(json.dumps((time.perf_counter() - start) / request["steps"]), flush=True)
