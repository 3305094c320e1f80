/** Shorthand of the `track` section. */
import { type Expansion, isMapping } from "./expansion.ts";

/** `tensorboard`, `[tensorboard, mlflow]`, `{ mlflow: true }`, `{ mlflow: http://… }` → settings by name. */
export function expandTrack(expansion: Expansion, raw: unknown): unknown {
  const names = typeof raw === "string" ? [raw] : raw;
  if (Array.isArray(names) && names.every((name) => typeof name === "string")) {
    for (const [index, name] of names.entries())
      expansion.came(["track", name], typeof raw === "string" ? ["track"] : ["track", index]);
    return Object.fromEntries(names.map((name) => [name, {}]));
  }
  if (!isMapping(raw)) return raw ?? null;
  const settings = (name: string, value: unknown) => {
    if (name !== "mlflow" || typeof value !== "string")
      return value === true ? {} : value === false ? null : value;
    expansion.came(["track", name, "server"], ["track", name]);
    return { server: value };
  };
  return Object.fromEntries(Object.entries(raw).map(([name, value]) => [name, settings(name, value)]));
}
