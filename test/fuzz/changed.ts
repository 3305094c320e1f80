/** Wrong values made of right ones: a place of a value of JSON replaced, left out, doubled or exchanged with another. */

export type Chance = () => number;

export function pick<T>(list: readonly T[], chance: Chance): T {
  return list[Math.floor(chance() * list.length)]!;
}

/** One place of a value replaced, left out, doubled, or exchanged with another. */
export function changedPart(value: unknown, chance: Chance): unknown {
  const isList = Array.isArray(value);
  if (typeof value !== "object" || value === null || chance() < 0.06) return pick(strange, chance);
  const keys = Object.keys(value);
  if (keys.length === 0) return pick(strange, chance);
  const key = pick(keys, chance);
  const copy = (isList ? [...value] : { ...value }) as Record<string, unknown>;
  const kind = chance();
  if (kind < 0.08 && isList) (copy as unknown as unknown[]).splice(Number(key), 1);
  else if (kind < 0.08) delete copy[key];
  else if (kind < 0.14 && isList) (copy as unknown as unknown[]).push(copy[key]);
  else if (kind < 0.14) copy[pick(["x", "name", "type", "layers", "columns"], chance)] = copy[key];
  else if (kind < 0.2) copy[key] = copy[pick(keys, chance)];
  else if (kind < 0.24 && typeof copy[key] === "number")
    copy[key] = (copy[key] as number) + pick([1, -1, 0.5], chance);
  else copy[key] = changedPart(copy[key], chance);
  return copy;
}

/** Values that are wrong in most places, and some that are right in others. */
export const strange: readonly unknown[] = [
  ...[null, true, false, 0, 1, -1, 2, 3, 0.5, 1e308, -1e308, 5e-324, 2 ** 24, 2 ** 31, 2 ** 53, 1e15],
  ...[
    "",
    "a",
    "k",
    "l1",
    "classification",
    "multilabel",
    "regression",
    "multioutput",
    "softmax",
    "sigmoid",
    "exp",
  ],
  ...[
    "identity",
    "gaussian",
    "index",
    "one_hot",
    "standard",
    "none",
    "number",
    "category",
    "boolean",
    "columns",
  ],
  ...[
    "array",
    "mse",
    "cross_entropy",
    "gaussian_nll",
    "linear",
    "relu",
    "residual",
    "ensemble",
    "embed",
    "csv",
    "idx",
  ],
  ...[
    "constructor",
    "__proto__",
    "\u001b[2J\n::error::x",
    "../../../etc/passwd",
    "/dev/zero",
    "/dev/full",
    "-",
  ],
  ...[
    [],
    {},
    [null],
    [1],
    [[]],
    ["p", "p"],
    ["p", "q"],
    ["p", "q", "r"],
    [1e300, 1],
    { name: "mse" },
    { type: "relu" },
  ],
];
