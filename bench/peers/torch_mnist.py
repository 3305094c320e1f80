"""The programs of configs/mnist.yaml and mnist-speed.yaml in PyTorch: MNIST, one hidden layer, Adam.

python3 torch_mnist.py FOLDER_WITH_THE_FOUR_FILES MODEL.pt THREADS RECIPE
RECIPE: {"hidden": 128, "batch_size": 128, "epochs": 5, "lr": 0.001, "cosine": false}
"""
import gzip
import json
import sys

import numpy
import torch

folder, out, threads, text = sys.argv[1:5]
recipe = json.loads(text)
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
mean, std = x.mean(), x.std()
x, xt = (x - mean) / std, (xt - mean) / std
width, size, epochs = recipe["hidden"], recipe["batch_size"], recipe["epochs"]
model = torch.nn.Sequential(torch.nn.Linear(784, width), torch.nn.ReLU(), torch.nn.Linear(width, 10))
rule = torch.optim.Adam(model.parameters(), lr=recipe["lr"])
steps = epochs * -(-len(x) // size)
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(rule, steps) if recipe["cosine"] else None
loss_of = torch.nn.functional.cross_entropy
for epoch in range(epochs):
    total = 0.0
    for batch in torch.randperm(len(x)).split(size):
        loss = loss_of(model(x[batch]), y[batch])
        rule.zero_grad(set_to_none=True)
        loss.backward()
        rule.step()
        if schedule:
            schedule.step()
        total += loss.item() * len(batch)
    print(epoch, total / len(x))
with torch.no_grad():
    print("test accuracy", (model(xt).argmax(1) == yt).float().mean().item())
torch.save(model.state_dict(), out)
