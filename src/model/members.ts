/** Members of ensembles on their own: without shared weights, as exports write them, or each as a network. */
import type { LayerSpec } from "../config/schema.ts";
import type { Link } from "../tasks/losses.ts";
import { type NamedTensor, sharedPart } from "./tensors.ts";

export interface Unrolled {
  readonly layers: readonly LayerSpec[];
  readonly tensors: ReadonlyMap<string, NamedTensor>;
}

/** Z = ((X ∘ r) Wᵀ) ∘ s + b is a linear layer of the weights s_i W_ij r_j. */
export function standAlone(layers: readonly LayerSpec[], given: ReadonlyMap<string, NamedTensor>): Unrolled {
  const tensors = new Map(given);
  return { layers: unrolled(layers, "layers", tensors), tensors };
}

/** The layers at a place, and in them, of members that stand alone; the tensors are changed as they need. */
function unrolled(
  layers: readonly LayerSpec[],
  prefix: string,
  tensors: Map<string, NamedTensor>,
): LayerSpec[] {
  return layers.map((layer, index) => {
    const place = `${prefix}.${index}`;
    if (layer.type === "blend") {
      const networks = layer.networks.map((network, number) => ({
        ...network,
        layers: unrolled(network.layers, `${place}.${number}`, tensors) as typeof network.layers,
      }));
      return { ...layer, networks };
    }
    if (layer.type !== "ensemble") return layer;
    if (layer.shared) part(layer, place, tensors);
    const own = Array.from({ length: layer.members }, (_, member) =>
      unrolled(layer.layers, `${place}.${member}`, tensors),
    );
    const { rows: _, ...alone } = layer;
    return { ...alone, shared: false, layers: own[0] as typeof layer.layers };
  });
}

function part(
  { layers, members }: Extract<LayerSpec, { type: "ensemble" }>,
  place: string,
  tensors: Map<string, NamedTensor>,
): void {
  for (const [inner, { type }] of layers.entries()) {
    if (type !== "linear") continue;
    const W = tensors.get(`${place}.${sharedPart}.${inner}.weight`);
    if (!W) continue; // of members that share all but their outputs
    tensors.delete(W.name);
    for (let member = 0; member < members; member++) unroll(tensors, W, `${place}.${member}.${inner}`);
  }
}

/** A network's plain networks, one for each member of its ensembles, and how their answers are averaged. */
export interface Members {
  readonly networks: readonly {
    readonly layers: readonly LayerSpec[];
    readonly tensors: NamedTensor[];
    /** Of its answer; they add up to 1. */
    readonly share: number;
  }[];
  /** null: there is only one network. */
  readonly average: Link | null;
}

/** An ensemble is the last layer; in ensembles of ensembles all average alike, as each spec and `--seeds` make them. */
export function membersOf(layers: readonly LayerSpec[], given: ReadonlyMap<string, NamedTensor>): Members {
  const alone = standAlone(layers, given);
  const before = alone.layers.slice(0, -1);
  const last = alone.layers.at(-1)!;
  const tensors = [...alone.tensors.values()];
  if (last.type !== "ensemble" && last.type !== "blend")
    return { networks: [{ layers: alone.layers, tensors, share: 1 }], average: null };
  const end = before.length;
  const found = partsOf(last).flatMap(({ layers, share }, member) => {
    const own = tensors.flatMap((tensor) => {
      const [, index, ...rest] = tensor.name.split(".");
      if (Number(index) < end) return [tensor];
      if (Number(rest[0]) !== member) return [];
      return [{ ...tensor, name: `layers.${end + Number(rest[1])}.${rest.slice(2).join(".")}` }];
    });
    const inner = membersOf([...before, ...layers], new Map(own.map((tensor) => [tensor.name, tensor])));
    return inner.networks.map((network) => ({ ...network, share: share * network.share }));
  });
  return { networks: found, average: last.average };
}

function partsOf(
  last: Extract<LayerSpec, { type: "ensemble" | "blend" }>,
): { readonly layers: readonly LayerSpec[]; readonly share: number }[] {
  if (last.type === "ensemble")
    return Array.from({ length: last.members }, () => ({ layers: last.layers, share: 1 / last.members }));
  const all = last.networks.reduce((sum, { weight }) => sum + weight, 0);
  return last.networks.map(({ layers, weight }) => ({ layers, share: weight / all }));
}

function unroll(tensors: Map<string, NamedTensor>, { shape, values }: NamedTensor, place: string): void {
  const [inputs = 0] = shape.slice(1);
  const r = tensors.get(`${place}.input_scale`)!;
  const s = tensors.get(`${place}.output_scale`)!;
  const own = values.map((w, i) => s.values[Math.floor(i / inputs)]! * w * r.values[i % inputs]!);
  tensors.delete(r.name);
  tensors.delete(s.name);
  tensors.set(`${place}.weight`, { name: `${place}.weight`, shape, values: own });
}
