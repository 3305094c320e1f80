/** A spec as a model file holds it: a stranger's JSON until it has passed the schema, as whatever a person writes. */
import { contradictions } from "./check/contradictions.ts";
import { conform } from "./conform.ts";
import type { JsonSchema } from "./jsonSchema.ts";
import { mostVotes } from "./schema/votes.ts";
import type { Spec } from "./schema.ts";
import schema from "./storedSpec.json" with { type: "json" };

/** The spec, or what is wrong with it in one sentence. Layers that hold layers are looked at one by one. */
export function parseStoredSpec(value: unknown): { readonly spec: Spec } | { readonly problem: string } {
  const layers = layersIn(value, 0);
  if (layers === null) return { problem: "its layers are no list" };
  const flat = { ...(value as object), model: { layers } };
  const found = conform(schema as JsonSchema, flat);
  if (!("value" in found)) return { problem: `spec.${found.path.join(".")}: ${found.expected}` };
  const data = found.value as Spec;
  const { model: _, ...others } = data;
  const [contradiction] = contradictions(others);
  if (contradiction) return { problem: contradiction.message };
  return { spec: { ...data, model: (value as Spec).model } };
}

/** Deeper than nnt ever nests; a file may nest as deep as it likes. */
const deepest = 6;

/** All simple layers, in order: members may be ensembles themselves, which no spec asks for and several seeds make. */
function layersIn(spec: unknown, depth: number): unknown[] | null {
  const model = depth === 0 && isObject(spec) ? spec.model : spec;
  const layers = isObject(model) ? model.layers : null;
  if (!Array.isArray(layers) || depth > deepest) return null;
  const found: unknown[] = [];
  for (const layer of layers) {
    for (const block of blocksOf(layer)) {
      const inner = block === null ? [layer] : layersIn(block, depth + 1);
      if (inner === null) return null;
      found.push(...inner);
    }
  }
  return found;
}

/** What holds the layers in a layer; null: it is a simple one. */
function blocksOf(layer: unknown): unknown[] {
  if (!isObject(layer)) return [null];
  if (layer.type === "ensemble" || layer.type === "residual") return [layer];
  if (layer.type !== "blend") return [null];
  const networks = Array.isArray(layer.networks) ? layer.networks : [];
  return networks.length > 0 && networks.every(hasWeight) ? networks : [{}];
}

function hasWeight(network: unknown): boolean {
  const weight = isObject(network) ? network.weight : null;
  return typeof weight === "number" && Number.isInteger(weight) && weight >= 1 && weight <= mostVotes;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
