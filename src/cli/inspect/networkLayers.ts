/** A network's description as rows of a drawing and as JSON. */
import type { LayerSpec } from "../../config/schema.ts";
import type { ModelDescription } from "../../model/describe.ts";
import type { NetworkDrawing } from "../../report/network.ts";

export function networkDrawing(model: ModelDescription, loss: string): NetworkDrawing {
  return {
    inputs: model.inputWidth,
    loss,
    layers: model.layers.map(({ index, spec, outputWidth, tensors }) => ({
      label: layerLabel(spec),
      width: outputWidth,
      parameters: tensors
        .filter(({ trained }) => trained)
        .map(({ name, shape }) => ({ name: name.replace(`layers.${index}.`, ""), shape })),
    })),
  };
}

/** One object per layer: `{"index":0,"type":"linear","output":128,"parameters":8320,"tensors":{…}}`. */
export function layersAsJson({ layers }: ModelDescription): object[] {
  return layers.map(({ index, spec, outputWidth, parameterCount, tensors }) => ({
    index,
    type: spec.type,
    output: outputWidth,
    parameters: parameterCount,
    tensors: Object.fromEntries(tensors.map(({ name, shape }) => [name, shape])),
  }));
}

/** The layer with the option that tells it from others of its type: `dropout 0.2`. */
function layerLabel(spec: LayerSpec): string {
  switch (spec.type) {
    case "linear":
      return spec.bias ? "linear" : "linear, no bias";
    case "dropout":
      return `dropout ${spec.p}`;
    case "leaky_relu":
      return `leaky_relu ${spec.negative_slope}`;
    case "elu":
      return `elu ${spec.alpha}`;
    case "embed":
      return `embed ${spec.blocks.map(({ count, width }) => `${count} → ${width}`).join(", ")}`;
    case "residual":
      return `residual: ${spec.layers.map(layerLabel).join(", ")}`;
    case "ensemble": {
      const what = spec.shared ? "members that share weights" : "members";
      return `ensemble of ${spec.members} ${what}: ${spec.layers.map(layerLabel).join(", ")}`;
    }
    case "blend": {
      const parts = spec.networks.map(
        ({ weight, layers }) => `${weight} × (${layers.map((layer) => layerLabel(layer)).join(", ")})`,
      );
      return `blend of ${parts.join(" and ")}`;
    }
    default:
      return spec.type;
  }
}
