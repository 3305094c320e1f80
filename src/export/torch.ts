/** `--to torch`: a Python file that rebuilds the network as nn.Sequential and reads its weights beside it. */
import { torchClasses, torchLines } from "./layers.ts";
import { plainAnswers, plainInputs } from "./plain.ts";
import type { Portable } from "./portable.ts";
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

${torchClasses(layers)}
class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
${torchLines(layers, "            ")}
        )

    def forward(self, X):
        return self.layers(X)

${template("model.py")}`;
}

/** A string literal. Python reads all that JSON escapes. */
function pythonText(text: string): string {
  return JSON.stringify(text);
}

function docstring(text: string): string {
  return text.replaceAll(/[\\"\p{Cc}]/gu, " ");
}
