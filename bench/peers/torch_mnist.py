"""The program of configs/mnist.yaml in PyTorch: MNIST, 784-128-10, batches of 128, Adam, 5 epochs.

python3 torch_mnist.py FOLDER_WITH_THE_FOUR_FILES MODEL.pt THREADS
"""
import gzip
import sys

import numpy
import torch

folder, out, threads = sys.argv[1:4]
torch.set_num_threads(int(threads))
torch.manual_seed(0)


def read(name, header):
    with gzip.open(f"{folder}/{name}.gz") as file:
        return numpy.frombuffer(file.read(), numpy.uint8, offset=header)


def images(name):
    return torch.from_numpy(read(f"{name}-images-idx3-ubyte", 16).reshape(-1, 784).astype(numpy.float32))


def labels(name):
    return torch.from_numpy(read(f"{name}-labels-idx1-ubyte", 8).astype(numpy.int64))


x, y, xt, yt = images("train"), labels("train"), images("t10k"), labels("t10k")
order = torch.randperm(len(x))
held, order = order[: len(x) // 10], order[len(x) // 10 :]
mean, std = x[order].mean(), x[order].std()
x, xt = (x - mean) / std, (xt - mean) / std
model = torch.nn.Sequential(torch.nn.Linear(784, 128), torch.nn.ReLU(), torch.nn.Linear(128, 10))
rule = torch.optim.Adam(model.parameters(), lr=0.001)
loss_of = torch.nn.functional.cross_entropy
for epoch in range(5):
    total = 0.0
    for batch in order[torch.randperm(len(order))].split(128):
        loss = loss_of(model(x[batch]), y[batch])
        rule.zero_grad(set_to_none=True)
        loss.backward()
        rule.step()
        total += loss.item() * len(batch)
    with torch.no_grad():
        scores = model(x[held])
        print(epoch, total / len(order), loss_of(scores, y[held]).item())
with torch.no_grad():
    print("test accuracy", (model(xt).argmax(1) == yt).float().mean().item())
torch.save(model.state_dict(), out)
