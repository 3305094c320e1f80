/** `--to torch`: a Python file that rebuilds the network as nn.Sequential and reads its weights beside it. */
import { plainAnswers, plainInputs } from "./plain.ts";
import type { Portable, PortableLayer, PortableSpec } from "./portable.ts";
import { template } from "./templates.ts";

/** The file's source; needs torch and nothing else. */
export function torchOf({ name, preprocessing, layers }: Portable, version: string): string {
  const json = JSON.stringify({ ...plainInputs(preprocessing), answers: plainAnswers(preprocessing) });
  const width = 100;
  const pieces = json.match(new RegExp(`[^]{1,${width}}`, "gu")) ?? [];
  return `"""${docstring(name)}: a neural network trained with nnt ${version}, for PyTorch.

    import this_file
    model = this_file.load()                      # weights from the .safetensors file beside this one
    this_file.predict(model, [{"column": 1.0}])   # or, in a shell: python this_file.py < rows.csv
"""
import csv
import json
import math
import struct
import sys
from bisect import bisect_left, bisect_right
from pathlib import Path
from statistics import NormalDist

import torch
from torch import nn

# What was fitted on the training rows: how values become inputs, and outputs answers.
PREPROCESSING = json.loads(
${pieces.map((piece) => `    ${pythonText(piece)}`).join("\n")}
)

${blocksOf(layers)}
class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
${linesOf(layers, "            ")}
        )

    def forward(self, X):
        return self.layers(X)

${template("model.py")}`;
}

type Write<Spec> = (spec: Spec, layer: PortableLayer) => string;

const writers = {
  linear(_spec, { tensors: { weight, bias } }) {
    const [outputs, inputs] = weight!.shape;
    return `nn.Linear(${inputs}, ${outputs}${bias ? "" : ", bias=False"})`;
  },
  dropout: ({ p }) => `nn.Dropout(${p})`,
  gaussian_noise: () => "nn.Identity()", // torch has none; in evaluation it does nothing
  batch_norm: ({ eps, momentum }, layer) =>
    `nn.BatchNorm1d(${widthOf(layer)}, eps=${eps}, momentum=${momentum})`,
  layer_norm: ({ eps }, layer) => `nn.LayerNorm(${widthOf(layer)}, eps=${eps})`,
  rms_norm: ({ eps }, layer) => `RMSNorm(${widthOf(layer)}, eps=${eps})`,
  parametric({ activation }, layer): string {
    const g: string = (writers[activation] as Write<PortableSpec>)({ type: activation }, layer);
    return `Parametric(${widthOf(layer)}, ${g})`;
  },
  residual: (_, { layers }) => `Residual(\n${linesOf(layers, "    ")}\n)`,
  ensemble: ({ average }, { members }) =>
    `Ensemble("${average}", [\n${members.map((own) => `    nn.Sequential(\n${linesOf(own, "        ")}\n    ),`).join("\n")}\n])`,
  identity: () => "nn.Identity()",
  sigmoid: () => "nn.Sigmoid()",
  tanh: () => "nn.Tanh()",
  relu: () => "nn.ReLU()",
  leaky_relu: ({ negative_slope }) => `nn.LeakyReLU(${negative_slope})`,
  elu: ({ alpha }) => `nn.ELU(${alpha})`,
  selu: () => "nn.SELU()",
  gelu: () => "nn.GELU()",
  silu: () => "nn.SiLU()",
  softplus: () => "nn.Softplus()",
  hard_sigmoid: () => "nn.Hardsigmoid()",
  mish: () => "nn.Mish()",
  cosine: () => "Cosine()",
} satisfies { [Type in PortableSpec["type"]]: Write<Extract<PortableSpec, { type: Type }>> };

function linesOf(layers: readonly PortableLayer[], indent: string): string {
  return layers
    .map((layer) => `${(writers[layer.spec.type] as Write<PortableSpec>)(layer.spec, layer)},`)
    .join("\n")
    .replaceAll(/^/gm, indent);
}

/** Layers that torch 1.13 lacks, where the network has them. */
function blocksOf(layers: readonly PortableLayer[]): string {
  const typesOf = (all: readonly PortableLayer[]): string[] =>
    all.flatMap(({ spec, layers, members }) => [spec.type, ...typesOf(layers), ...members.flatMap(typesOf)]);
  const types = new Set(typesOf(layers));
  return [
    types.has("residual") ? residual : "",
    types.has("ensemble") ? ensemble : "",
    types.has("rms_norm") ? rmsNorm : "",
    types.has("cosine") || usesCosine(layers) ? cosine : "",
    types.has("parametric") ? parametric : "",
  ].join("");
}

const residual = `
class Residual(nn.Sequential):
    """X + F(X), F being the layers in a row."""

    def forward(self, X):
        return X + super().forward(X)

`;

const ensemble = `
class Ensemble(nn.ModuleList):
    """The output whose meaning is the mean of what the members' outputs mean."""

    def __init__(self, average, members):
        super().__init__(members)
        self.average = average

    def forward(self, X):
        S = torch.stack([member(X) for member in self])
        if self.average == "identity":
            return S.mean(0)
        if self.average == "sigmoid":
            return torch.logsumexp(nn.functional.logsigmoid(S), 0) - torch.logsumexp(nn.functional.logsigmoid(-S), 0)
        if self.average == "gaussian":
            mean, spread = S.chunk(2, -1)
            parts = torch.cat([spread, (mean - mean.mean(0)).square().log()])
            return torch.cat([mean.mean(0), torch.logsumexp(parts, 0) - math.log(len(self))], -1)
        S = S.log_softmax(-1) if self.average == "softmax" else S
        return torch.logsumexp(S, 0) - math.log(len(self))

`;

const rmsNorm = `
class RMSNorm(nn.Module):
    """weight * X / sqrt(mean(X ** 2) + eps) over each row, as nn.RMSNorm of newer versions."""

    def __init__(self, width, eps):
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, X):
        return self.weight * X * torch.rsqrt(X.square().mean(-1, keepdim=True) + self.eps)

`;

function usesCosine(layers: readonly PortableLayer[]): boolean {
  return layers.some(
    ({ spec, layers, members }) =>
      (spec.type === "parametric" && spec.activation === "cosine") ||
      usesCosine(layers) ||
      members.some(usesCosine),
  );
}

const parametric = `
class Parametric(nn.Module):
    """X + weight * (g(X) - X)."""

    def __init__(self, width, g):
        super().__init__()
        self.g = g
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, X):
        return X + self.weight * (self.g(X) - X)

`;

const cosine = `
class Cosine(nn.Module):
    """cos X."""

    def forward(self, X):
        return torch.cos(X)

`;

function widthOf({ tensors }: PortableLayer): number {
  return tensors.weight!.shape[0]!;
}

/** A string literal. Python reads all that JSON escapes. */
function pythonText(text: string): string {
  return JSON.stringify(text);
}

function docstring(text: string): string {
  return text.replaceAll(/[\\"\p{Cc}]/gu, " ");
}
