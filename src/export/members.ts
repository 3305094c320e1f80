/** Ensembles whose members share weights as such whose members stand alone: what every export writes. */
import type { LayerSpec } from "../config/schema.ts";
import { sharedPart } from "../model/ensemble.ts";
import type { NamedTensor } from "../model/tensors.ts";

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
      const W = tensors.get(`layers.${index}.${sharedPart}.${inner}.weight`)!;
      tensors.delete(W.name);
      for (let member = 0; member < layer.members; member++)
        unroll(tensors, W, `layers.${index}.${member}.${inner}`);
    }
    return { ...layer, shared: false };
  });
  return { layers: alone, tensors };
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
