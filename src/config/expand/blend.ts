/** Shorthand of the networks that are trained beside the model's: each as sections of these names. */
import { type Expansion, isMapping } from "./expansion.ts";
import { expandModel } from "./model.ts";
import { expandNamed } from "./named.ts";

export function expandBlend(expansion: Expansion, raw: unknown): unknown {
  if (raw === null) return undefined;
  if (!Array.isArray(raw)) return raw;
  return raw.map((network) =>
    isMapping(network)
      ? {
          ...network,
          model: expandModel(expansion, network.model),
          optimizer: expandNamed(expansion, "optimizer", network.optimizer),
          schedule: expandNamed(expansion, "schedule", network.schedule),
        }
      : network,
  );
}
