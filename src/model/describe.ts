/** What a network is before any memory is allocated: every layer's shape and tensors, as tables show them. */
import type { LayerSpec } from "../config/schema.ts";
import { assert, exitCodes, UserError } from "../support/errors.ts";
import type { TensorPlan } from "./layer.ts";
import { layerOf } from "./layers.ts";
import { elements } from "./tensors.ts";

interface LayerDescription {
  readonly index: number;
  readonly spec: LayerSpec;
  readonly inputWidth: number;
  readonly outputWidth: number;
  /** How many numbers are trained here. */
  readonly parameterCount: number;
  /** With full names: `layers.0.weight`. */
  readonly tensors: readonly TensorPlan[];
}

export interface ModelDescription {
  readonly inputWidth: number;
  readonly outputWidth: number;
  readonly layers: readonly LayerDescription[];
  readonly parameterCount: number;
}

/**
 * Shapes and parameter counts, layer by layer, without allocating memory.
 * @throws UserError (exit code 2) if the layers do not end at `outputWidth`
 */
export function describeModel(
  layers: readonly LayerSpec[],
  inputWidth: number,
  outputWidth: number,
): ModelDescription {
  let width = inputWidth;
  const described = layers.map((spec, index): LayerDescription => {
    const row = layerOf(spec);
    const from = width;
    width = row.width(spec, from, outputWidth);
    const tensors = row
      .tensors(spec, from, width)
      .map((tensor) => ({ ...tensor, name: `layers.${index}.${tensor.name}` }));
    const parameterCount = countElements(tensors.filter((tensor) => tensor.trained));
    return { index, spec, inputWidth: from, outputWidth: width, parameterCount, tensors };
  });
  assert(described.length > 0, "a network has a layer");
  if (width !== outputWidth) throw wrongWidth(layers, width, outputWidth);
  const parameterCount = described.reduce((sum, layer) => sum + layer.parameterCount, 0);
  return { inputWidth, outputWidth, layers: described, parameterCount };
}

function countElements(tensors: readonly TensorPlan[]): number {
  return tensors.reduce((sum, { shape }) => sum + elements(shape), 0);
}

function wrongWidth(layers: readonly LayerSpec[], width: number, outputWidth: number): UserError {
  const linear = layers.findLastIndex((layer) => layer.type === "linear");
  return new UserError(exitCodes.usage, {
    message: `model.layers: the network has ${count(width)}`,
    expected: `${outputWidth}, as the data and the loss require`,
    hint:
      linear < 0
        ? "end the layers with a linear one, whose width then follows from the data"
        : `leave out the width of layer ${linear} (linear): it then follows from the data`,
  });
}

const count = (outputs: number) => `${outputs} ${outputs === 1 ? "output" : "outputs"}`;
