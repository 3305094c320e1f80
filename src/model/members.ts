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
  const alone = layers.map((layer, index) => {
    if (layer.type !== "ensemble" || !layer.shared) return layer;
    for (const [inner, { type }] of layer.layers.entries()) {
      if (type !== "linear") continue;
      const W = tensors.get(`layers.${index}.${sharedPart}.${inner}.weight`);
      if (!W) continue; // of members that share all but their outputs
      tensors.delete(W.name);
      for (let member = 0; member < layer.members; member++)
        unroll(tensors, W, `layers.${index}.${member}.${inner}`);
    }
    const { rows: _, ...own } = layer;
    return { ...own, shared: false };
  });
  return { layers: alone, tensors };
}

/** A network's plain networks, one for each member of its ensembles, and how their answers are averaged. */
export interface Members {
  readonly networks: readonly { readonly layers: readonly LayerSpec[]; readonly tensors: NamedTensor[] }[];
  /** null: there is only one network. */
  readonly average: Link | null;
}

/** An ensemble is the last layer; in ensembles of ensembles all average alike, as each spec and `--seeds` make them. */
export function membersOf(layers: readonly LayerSpec[], given: ReadonlyMap<string, NamedTensor>): Members {
  const alone = standAlone(layers, given);
  const before = alone.layers.slice(0, -1);
  const last = alone.layers.at(-1)!;
  const tensors = [...alone.tensors.values()];
  if (last.type !== "ensemble") return { networks: [{ layers: alone.layers, tensors }], average: null };
  const end = before.length;
  const found = Array.from({ length: last.members }, (_, member) => {
    const own = tensors.flatMap((tensor) => {
      const [, index, ...rest] = tensor.name.split(".");
      if (Number(index) < end) return [tensor];
      if (Number(rest[0]) !== member) return [];
      return [{ ...tensor, name: `layers.${end + Number(rest[1])}.${rest.slice(2).join(".")}` }];
    });
    const inner = [...before, ...(last.layers as readonly LayerSpec[])];
    return membersOf(inner, new Map(own.map((tensor) => [tensor.name, tensor])));
  });
  return { networks: found.flatMap(({ networks }) => networks), average: last.average };
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
