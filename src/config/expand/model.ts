/** Shorthand of the `model` section: the short form, and layers written as a name or `{ name: value }`. */
import type { z } from "zod";
import { show, suggestion } from "../issue.ts";
import { formatPath, type Path } from "../paths.ts";
import {
  type ActivationSpec,
  type LayerSpec,
  layerTypes,
  mainOptions,
  shortModelSchema,
} from "../schema/model.ts";
import { type Expansion, isMapping, type Mapping, unusable } from "./expansion.ts";
import { reportZod } from "./zodIssues.ts";

export function expandModel(expansion: Expansion, raw: unknown): unknown {
  if (raw === undefined || raw === null) return { layers: layersOf({ hidden: [] }) };
  if (!isMapping(raw)) return raw;
  if (!("layers" in raw)) return expandShort(expansion, raw);
  const short = Object.keys(raw).filter((key) => Object.hasOwn(shortModelSchema.shape, key));
  if (short.length > 0) {
    const both = `model has both layers and ${short.join(", ")}`;
    expansion.report(["model", short[0]!], both, "layers alone, or hidden and its options", true);
    return unusable;
  }
  const path = ["model", "layers"];
  const layers = Array.isArray(raw.layers)
    ? raw.layers.map((layer, index) => expandLayer(expansion, layer, [...path, index]))
    : raw.layers;
  return { ...raw, layers };
}

function expandShort(expansion: Expansion, raw: Mapping): unknown {
  const short: Mapping = { ...raw };
  if ("activation" in raw) short.activation = expandLayer(expansion, raw.activation, ["model", "activation"]);
  const result = shortModelSchema.safeParse(short);
  if (!result.success) reportZod(expansion, result.error.issues, shortModelSchema, short, ["model"]);
  if (!result.success) return unusable;
  const layers = layersOf(result.data);
  let hidden = -1;
  layers.forEach((layer, index) => {
    if (layer.type === "linear") hidden++;
    const written = hidden < result.data.hidden.length ? ["model", "hidden", hidden] : ["model"];
    expansion.came(["model", "layers", index], written);
  });
  return { layers };
}

type ShortModel = Partial<z.output<typeof shortModelSchema>>;

/** Per hidden width: linear, normalisation, activation, dropout; then the output layer. */
function layersOf({
  hidden = [],
  activation = { type: "relu" },
  dropout = 0,
  norm = null,
  bias = true,
  members = null,
}: ShortModel): Mapping[] {
  const layers: (LayerSpec | ActivationSpec)[] = [];
  for (const width of hidden) {
    layers.push({ type: "linear", width, bias });
    if (norm === "batch") layers.push({ type: "batch_norm", eps: 1e-5, momentum: 0.1 });
    if (norm === "layer") layers.push({ type: "layer_norm", eps: 1e-5 });
    if (norm === "rms") layers.push({ type: "rms_norm", eps: 2 ** -23 });
    layers.push({ ...activation });
    if (dropout > 0) layers.push({ type: "dropout", p: dropout });
  }
  layers.push({ type: "linear", width: null, bias });
  return members === null ? layers : [{ type: "ensemble", members, layers }];
}

/** Instead of a layer whose problem is already reported, so that the others are checked. */
const harmless = { type: "identity" };

/** `relu` → `{ type: relu }`, `{ linear: 64, bias: false }` → `{ type: linear, width: 64, bias: false }`. */
function expandLayer(expansion: Expansion, raw: unknown, path: Path): unknown {
  const at = expansion.written(path);
  if (typeof raw === "string") {
    expansion.came([...path, "type"], at);
    return { type: raw };
  }
  if (!isMapping(raw)) return raw;
  if ("type" in raw) return withInner(expansion, raw, path);
  const names = Object.keys(raw).filter((key) => layerTypes.includes(key));
  const [type, second] = names;
  if (second !== undefined) {
    expansion.report([...at, second], `${formatPath(at)} holds ${names.join(" and ")}`, "one layer", true);
    return harmless;
  }
  if (type === undefined) return unknownLayer(expansion, raw, at);
  const { [type]: value, ...rest } = raw;
  expansion.came([...path, "type"], [...at, type]);
  const options = layerOptions(expansion, type, value, [...at, type], path);
  if (options === null) return harmless;
  const twice = Object.keys(options).find((key) => key in rest);
  if (twice === undefined) return withInner(expansion, { type, ...options, ...rest }, path);
  expansion.report([...at, twice], `${formatPath([...at, twice])} is given twice`, "it only once", true);
  return harmless;
}

/** A block's or a member's layers, each expanded like any other. */
function withInner(expansion: Expansion, layer: Mapping, path: Path): Mapping {
  if (!["residual", "ensemble"].includes(String(layer.type)) || !Array.isArray(layer.layers)) return layer;
  const inner = layer.layers.map((raw, index) => expandLayer(expansion, raw, [...path, "layers", index]));
  return { ...layer, layers: inner };
}

function layerOptions(
  expansion: Expansion,
  type: string,
  value: unknown,
  written: Path,
  canonical: Path,
): Mapping | null {
  if (isMapping(value)) {
    for (const key of Object.keys(value)) expansion.came([...canonical, key], [...written, key]);
    return value;
  }
  const main = mainOptions[type as keyof typeof mainOptions];
  if (main !== undefined) {
    if (value === null && type !== "linear") return {};
    expansion.came([...canonical, main], written);
    return { [main]: value };
  }
  if (value === null) return {};
  const found = `${formatPath(written)} is ${show(value, expansion.textAt(written))}`;
  expansion.report(written, found, `nothing after ${type}, or a mapping of its options`);
  return null;
}

function unknownLayer(expansion: Expansion, raw: Mapping, path: Path): unknown {
  const [key] = Object.keys(raw);
  if (key === undefined) expansion.report(path, `${formatPath(path)} is an empty mapping`, "a layer");
  else {
    const expected = `one of ${layerTypes.join(", ")}${suggestion(key, layerTypes)}`;
    expansion.report([...path, key], `unknown layer ${formatPath([...path, key])}`, expected, true);
  }
  return harmless;
}
