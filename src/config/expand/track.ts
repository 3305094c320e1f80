/** Shorthand of the `track` section. */
import { type Expansion, isMapping } from "./expansion.ts";

/** `tensorboard`, `[tensorboard, mlflow]`, `{ mlflow: true }` → settings by name. */
export function expandTrack(expansion: Expansion, raw: unknown): unknown {
  const names = typeof raw === "string" ? [raw] : raw;
  if (Array.isArray(names) && names.every((name) => typeof name === "string")) {
    for (const [index, name] of names.entries())
      expansion.came(["track", name], typeof raw === "string" ? ["track"] : ["track", index]);
    return Object.fromEntries(names.map((name) => [name, {}]));
  }
  if (!isMapping(raw)) return raw ?? null;
  const settings = (value: unknown) => (value === true ? {} : value === false ? null : value);
  return Object.fromEntries(Object.entries(raw).map(([name, value]) => [name, settings(value)]));
}
