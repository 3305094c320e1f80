/** Shorthand of the `search` section. */
import { type Expansion, isMapping, type Mapping } from "./expansion.ts";
import { expandOneNamed } from "./named.ts";
import { expandMetric } from "./train.ts";

export function expandSearch(expansion: Expansion, raw: unknown): unknown {
  if (raw === undefined || raw === null) return null;
  if (!isMapping(raw)) return raw;
  const expanded: Mapping = {
    ...raw,
    method: expandOneNamed(expansion, ["search", "method"], methods, raw.method),
  };
  if (typeof raw.metric === "string") expanded.metric = expandMetric(raw.metric);
  if (isMapping(raw.space))
    expanded.space = Object.fromEntries(
      Object.entries(raw.space).map(([path, values]) => [path, expandDimension(expansion, path, values)]),
    );
  return expanded;
}

export const methods = {
  absent: "tpe",
  defaultName: "tpe",
  names: { asha: "halving", successive_halving: "halving" },
};

/** A list is a choice among its values; a range without a type is one of numbers. */
function expandDimension(expansion: Expansion, path: string, raw: unknown): unknown {
  const at = ["search", "space", path];
  if (Array.isArray(raw)) {
    expansion.came([...at, "values"], at);
    return { type: "choice", values: raw };
  }
  if (!isMapping(raw) || "type" in raw) return raw;
  return { type: "values" in raw ? "choice" : "float", ...raw };
}
