/** A saved model as every export sees it: what was fitted, and layers with their tensors. Knows no format. */
import type { LayerSpec } from "../config/schema.ts";
import { inputWidth, outputWidth, type Preprocessing } from "../data/preprocessing/preprocessing.ts";
import type { SavedModel } from "../evaluate/savedModel.ts";
import { describeModel } from "../model/describe.ts";
import { standAlone } from "../model/members.ts";
import { checkTensors, type NamedTensor } from "../model/tensors.ts";
import { type Lowered, lowered, type PortableSpec } from "./lower.ts";

export type { PortableSpec };

export type PortableLayer = Lowered<PortableSpec>;

export interface Portable {
  readonly name: string;
  readonly preprocessing: Preprocessing;
  readonly layers: readonly PortableLayer[];
  /** All tensors by torch's names, in torch's order. */
  readonly tensors: readonly NamedTensor[];
}

/** @throws UserError (exit code 4) if tensors and layers do not fit */
export function portableOf({ checkpoint, preprocessing, layers, path }: SavedModel): Portable {
  const plansOf = (layers: readonly LayerSpec[]) =>
    describeModel(layers, inputWidth(preprocessing), outputWidth(preprocessing)).layers.flatMap(
      ({ tensors }) => tensors,
    );
  const given = [...checkpoint.parameters, ...checkpoint.buffers];
  checkTensors(plansOf(layers), given, path);
  const alone = standAlone(layers, new Map(given.map((tensor) => [tensor.name, tensor])));
  const stored = plansOf(alone.layers).map(({ name }) => alone.tensors.get(name)!);
  const tree = placed(
    lowered(withTensors(alone.layers, "layers", stored), inputWidth(preprocessing)),
    "layers",
  );
  const { name } = checkpoint.spec as { name?: unknown };
  return {
    name: typeof name === "string" && name !== "" ? name : "model",
    preprocessing,
    layers: tree,
    tensors: tensorsOf(tree),
  };
}

function withTensors(
  specs: readonly LayerSpec[],
  prefix: string,
  tensors: readonly NamedTensor[],
): Lowered<LayerSpec>[] {
  return specs.map((spec, index) => {
    const place = `${prefix}.${index}`;
    const own = tensors.filter(({ name }) => name.startsWith(`${place}.`));
    const direct =
      spec.type === "embed" ? own : own.filter(({ name }) => name.lastIndexOf(".") === place.length);
    return {
      spec,
      tensors: Object.fromEntries(direct.map((tensor) => [tensor.name.slice(place.length + 1), tensor])),
      layers: spec.type === "residual" ? withTensors(spec.layers, place, own) : [],
      members: membersOf(spec).map((layers, member) => withTensors(layers, `${place}.${member}`, own)),
    };
  });
}

/** The layers of each member. */
function membersOf(spec: LayerSpec): (readonly LayerSpec[])[] {
  if (spec.type === "blend") return spec.networks.map(({ layers }) => layers);
  return spec.type === "ensemble" ? new Array<readonly LayerSpec[]>(spec.members).fill(spec.layers) : [];
}

/** Tensors called by the places that their layers have now. */
function placed(layers: readonly PortableLayer[], prefix: string): PortableLayer[] {
  return layers.map(({ spec, tensors, layers, members }, index) => {
    const place = `${prefix}.${index}`;
    const named = Object.entries(tensors).map(
      ([name, tensor]) => [name, { ...tensor, name: `${place}.${name}` }] as const,
    );
    return {
      spec,
      tensors: Object.fromEntries(named),
      layers: placed(layers, place),
      members: members.map((own, member) => placed(own, `${place}.${member}`)),
    };
  });
}

function tensorsOf(layers: readonly PortableLayer[]): NamedTensor[] {
  return layers.flatMap(({ tensors, layers, members }) => [
    ...Object.values(tensors),
    ...tensorsOf(layers),
    ...members.flatMap(tensorsOf),
  ]);
}
