/** The widths that a spec leaves open: of the last linear layer, from the data; of a block's, from the block. */
import type { LayerSpec } from "../config/schema.ts";
import { exitCodes, UserError } from "../support/errors.ts";
import { layerOf } from "./layers.ts";

/**
 * The layers with every width filled in.
 * @throws UserError (exit code 2) if a block does not end as wide as it begins
 */
export function fillWidths(
  layers: readonly LayerSpec[],
  inputWidth: number,
  outputWidth: number,
): LayerSpec[] {
  let width = inputWidth;
  return layers.map((layer, index) => {
    const from = width;
    width = layerOf(layer).width(layer, from, outputWidth);
    if (layer.type === "linear") return { ...layer, width };
    if (layer.type === "ensemble")
      return { ...layer, layers: fillWidths(layer.layers, from, outputWidth) as typeof layer.layers };
    if (layer.type === "blend")
      return {
        ...layer,
        networks: layer.networks.map((network) => ({
          ...network,
          layers: fillWidths(network.layers, from, outputWidth) as typeof network.layers,
        })),
      };
    if (layer.type !== "residual") return layer;
    const inner = fillWidths(layer.layers, from, from) as typeof layer.layers;
    const end = inner.reduce((wide, one) => layerOf(one).width(one, wide, from), from);
    if (end !== from) throw wrongBlock(index, from, end);
    return { ...layer, layers: inner };
  });
}

function wrongBlock(index: number, from: number, end: number): UserError {
  return new UserError(exitCodes.usage, {
    message: `model.layers[${index}]: the block is given ${from} values and gives ${end}`,
    expected: "as many, since its output is added to its input",
    hint: "leave out the width of its last linear layer: it then follows",
  });
}
