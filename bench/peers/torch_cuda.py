"""PyTorch's training steps and products on a graphics card, data resident; one JSON line a figure.

python torch_cuda.py SECONDS NETWORKS, a JSON list of {"widths": [784, 10], "optimizer": "sgd", "batchSize": 32}
"""
import json
import sys
import time

import torch

began, limit = time.time(), float(sys.argv[1])
networks = json.loads(sys.argv[2])
device = "cuda"
rows, orders = 60000, 4000
table = torch.randint(0, 256, (rows, 784), dtype=torch.uint8, device=device)
labels = torch.randint(0, 10, (rows,), device=device)


def tell(**figures):
    print(json.dumps(figures), flush=True)


class Job:
    """Steps whose place in the order is on the card as well, so that a graph of them can be replayed."""

    def __init__(self, widths, optimizer, batchSize):
        layers = []
        for before, after in zip(widths, widths[1:]):
            layers += [torch.nn.Linear(before, after), torch.nn.ReLU()]
        self.model = torch.nn.Sequential(*layers[:-1]).to(device)
        parameters = self.model.parameters()
        self.rule = (
            torch.optim.SGD(parameters, lr=0.1, fused=True)
            if optimizer == "sgd"
            else torch.optim.Adam(parameters, lr=1e-3, fused=True, capturable=True)
        )
        self.order = torch.randint(0, rows, (orders, batchSize), device=device)
        self.at = torch.zeros(1, dtype=torch.long, device=device)

    def step(self):
        chosen = self.order.index_select(0, self.at).view(-1)
        x = table[chosen].float() * (1 / 255)
        torch.nn.functional.cross_entropy(self.model(x), labels[chosen]).backward()
        self.rule.step()
        self.rule.zero_grad(set_to_none=True)
        self.at.add_(1).remainder_(orders)


def eager(job):
    return job.step, 1


def graph(job, steps=10):
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(4):
            job.step()
    torch.cuda.current_stream().wait_stream(stream)
    recorded = torch.cuda.CUDAGraph()
    with torch.cuda.graph(recorded):
        for _ in range(steps):
            job.step()
    return recorded.replay, steps


def compiled(job):
    torch._dynamo.reset()
    return torch.compile(job.step, mode="reduce-overhead"), 1


def seconds(run, each, about=0.8):
    """Of one step at its best."""
    for _ in range(5):
        run()
    torch.cuda.synchronize()
    start = time.perf_counter()
    run()
    torch.cuda.synchronize()
    times = max(3, min(5000, int(about / 2 / (time.perf_counter() - start))))
    best = float("inf")
    for _ in range(2):
        start = time.perf_counter()
        for _ in range(times):
            run()
        torch.cuda.synchronize()
        best = min(best, (time.perf_counter() - start) / times / each)
    return best


tell(version=torch.__version__, card=torch.cuda.get_device_name())
for how in (eager, graph, compiled):
    for network in networks:
        for tf32 in (False, True):
            if time.time() - began > limit:
                break
            torch.backends.cuda.matmul.allow_tf32 = tf32
            try:
                took = seconds(*how(Job(**network)))
                tell(network=network, how=how.__name__, tf32=tf32, seconds=took)
            except Exception as problem:  # one that fails leaves the others
                tell(network=network, how=how.__name__, tf32=tf32, problem=str(problem)[:200])
            torch.cuda.empty_cache()

torch.backends.cuda.matmul.allow_tf32 = False
for size in (1024, 4096, 8192):
    a, b = torch.rand(size, size, device=device), torch.rand(size, size, device=device)
    out = torch.empty(size, size, device=device)
    tell(product=size, gflops=2e-9 * size**3 / seconds(lambda: torch.mm(a, b, out=out), 1, 0.3))
