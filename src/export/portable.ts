/** A saved model as every export sees it: what was fitted, and layers with their tensors. Knows no format. */
import type { LayerSpec } from "../config/schema.ts";
import { inputWidth, outputWidth, type Preprocessing } from "../data/preprocessing.ts";
import { describeModel } from "../model/describe.ts";
import { checkTensors, type NamedTensor } from "../model/tensors.ts";
import type { SavedModel } from "../train/savedModel.ts";

export interface PortableLayer {
  readonly spec: LayerSpec;
  /** By the last part of their names: `weight`, `bias`, `running_mean` … */
  readonly tensors: Readonly<Record<string, NamedTensor>>;
  /** Of a residual block, else none. */
  readonly layers: readonly PortableLayer[];
}

export interface Portable {
  readonly name: string;
  readonly preprocessing: Preprocessing;
  readonly layers: readonly PortableLayer[];
  /** All tensors by torch's names, in torch's order. */
  readonly tensors: readonly NamedTensor[];
}

/** @throws UserError (exit code 4) if tensors and layers do not fit */
export function portableOf({ checkpoint, preprocessing, layers, path }: SavedModel): Portable {
  const wanted = describeModel(layers, inputWidth(preprocessing), outputWidth(preprocessing)).layers;
  const plans = wanted.flatMap((layer) => layer.tensors);
  const given = [...checkpoint.parameters, ...checkpoint.buffers];
  checkTensors(plans, given, path);
  const byName = new Map(given.map((tensor) => [tensor.name, tensor]));
  const tensors = plans.map(({ name }) => byName.get(name)!);
  const { name } = checkpoint.spec as { name?: unknown };
  return {
    name: typeof name === "string" && name !== "" ? name : "model",
    preprocessing,
    layers: withTensors(layers, "layers", tensors),
    tensors,
  };
}

function withTensors(
  specs: readonly LayerSpec[],
  prefix: string,
  tensors: readonly NamedTensor[],
): PortableLayer[] {
  return specs.map((spec, index) => {
    const place = `${prefix}.${index}`;
    const own = tensors.filter(({ name }) => name.slice(0, name.lastIndexOf(".")) === place);
    return {
      spec,
      tensors: Object.fromEntries(own.map((tensor) => [tensor.name.slice(place.length + 1), tensor])),
      layers: spec.type === "residual" ? withTensors(spec.layers, place, tensors) : [],
    };
  });
}
