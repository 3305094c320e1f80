import fc from "fast-check";
import { expect, test } from "vitest";
import { parsePreprocessing } from "../../src/data/parsePreprocessing.ts";
import type { Preprocessing } from "../../src/data/preprocessing.ts";
import { exitCodes, UserError } from "../../src/support/errors.ts";

const scaling = { name: "standard", center: 0.5, scale: 2 } as const;
const ranked = { name: "quantile_normal", quantiles: [-1, 0, 0, 2.5] } as const;
const levels = { levels: ["a", "toString"], rare: [], refusesUnseen: false, indicator: true } as const;
const base = { missingValues: ["", "NA"] };
const examples: Preprocessing[] = [
  {
    inputs: {
      kind: "columns",
      columns: [
        { type: "number", name: "__proto__", ...base, scaling, fill: 1.5, indicator: false },
        { type: "category", name: "constructor", ...base, ...levels, fill: 2, ordinal: null },
        { type: "category", name: "ordered", ...base, ...levels, rare: ["c"], fill: 1, ordinal: scaling },
        {
          type: "number",
          name: "l",
          ...base,
          scaling: { ...scaling, name: "log" },
          fill: 0,
          indicator: true,
        },
        { type: "number", name: "q", ...base, scaling: ranked, fill: 0, indicator: true },
        { type: "boolean", name: "b", ...base, fill: null, indicator: true },
      ],
    },
    target: { task: "classification", name: "y", classes: ["0", "1"], encoding: "index", link: "softmax" },
  },
  {
    inputs: { kind: "array", shape: [28, 28], scaling },
    target: { task: "regression", columns: [{ name: "y", scaling }], link: "identity" },
  },
  {
    inputs: { kind: "array", shape: [4], scaling },
    target: { task: "multilabel", names: ["p", "q"], link: "sigmoid" },
  },
];

test.each(examples)("what was written is read back: %#", (preprocessing) => {
  expect(parsePreprocessing(JSON.parse(JSON.stringify(preprocessing)), "m.ckpt")).toEqual(preprocessing);
});

test("anything else is refused as a damaged model, or taken as well-formed", () => {
  const strange = fc.constantFrom(null, [], {}, "x", -1, 0.5, 1e300, true, [[]], "softmax");
  fc.assert(
    fc.property(fc.constantFrom(...examples), fc.nat(), strange, (example, place, value) => {
      const text = JSON.stringify(example);
      const places: (string | number)[][] = [];
      collect(example, [], places);
      const broken = JSON.parse(text);
      const path = places[place % places.length]!;
      const parent = path.slice(0, -1).reduce((node, key) => node[key], broken);
      parent[path.at(-1)!] = value;
      try {
        expect(parsePreprocessing(broken, "m.ckpt")).toEqual(broken);
      } catch (error) {
        expect(error).toBeInstanceOf(UserError);
        expect((error as UserError).exitCode).toBe(exitCodes.model);
      }
    }),
  );
});

function collect(value: unknown, path: (string | number)[], places: (string | number)[][]): void {
  if (path.length > 0) places.push(path);
  if (typeof value !== "object" || value === null) return;
  for (const [key, child] of Object.entries(value)) collect(child, [...path, key], places);
}
