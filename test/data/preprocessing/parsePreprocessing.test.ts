import fc from "fast-check";
import { expect, test } from "vitest";
import { parsePreprocessing } from "../../../src/data/preprocessing/parsePreprocessing.ts";
import type { Preprocessing } from "../../../src/data/preprocessing/preprocessing.ts";
import { exitCodes, UserError } from "../../../src/support/errors.ts";

const scaling = { name: "standard", center: 0.5, scale: 2 } as const;
const ranked = { name: "quantile_normal", quantiles: [-1, 0, 0, 2.5] } as const;
const levels = { levels: ["a", "toString"], rare: [], refusesUnseen: false, indicator: true } as const;
const cut = { name: "piecewise_linear", edges: [-1, 0, 2.5] } as const;
const waves = { name: "periodic", frequencies: [0.5, 2] } as const;
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
        { type: "number", name: "p", ...base, scaling, expansion: cut, fill: 0, indicator: true },
        { type: "number", name: "w", ...base, scaling, expansion: waves, fill: 0, indicator: true },
        { type: "category", name: "e", ...base, ...levels, fill: 1, ordinal: null, embedding: 4 },
      ],
    },
    target: { task: "classification", name: "y", classes: ["0", "1"], encoding: "index", link: "softmax" },
  },
  {
    inputs: { kind: "array", shape: [28, 28], scaling },
    target: { task: "regression", columns: [{ name: "y", scaling }], link: "identity" },
    calibration: {
      temperature: null,
      thresholds: null,
      conformal: { rows: 9, every: 2, scores: [[0, 0.5]] },
    },
    profile: {
      rows: 9,
      columns: {
        min: { kind: "numbers", missing: 1, min: -1, max: 2, edges: [0, 1], counts: [3, 3, 2] },
        t: { kind: "texts", missing: 0, levels: ["a"], counts: [6], others: 3 },
      },
    },
  },
  {
    inputs: { kind: "array", shape: [4], scaling },
    target: { task: "multilabel", names: ["p", "q"], link: "sigmoid" },
    calibration: { temperature: 1.5, thresholds: [0.5, 0.25], conformal: null },
  },
  {
    inputs: { kind: "array", shape: [4], scaling },
    target: {
      task: "multioutput",
      columns: [
        { name: "p", classes: ["a", "b"] },
        { name: "q", classes: ["0", "1", "2"] },
      ],
      link: "softmax",
    },
  },
];

test.each(examples)("what was written is read back: %#", (preprocessing) => {
  expect(parsePreprocessing(JSON.parse(JSON.stringify(preprocessing)), "m.ckpt")).toEqual(preprocessing);
});

test.each<[place: string, value: unknown, says: string]>([
  ["0.inputs.columns.6.expansion.edges", [1], "edges out of order"],
  ["0.inputs.columns.6.expansion.edges", [0, 0], "edges out of order"],
  ["0.inputs.columns.6.expansion.name", "cubic", "an expansion of no known name"],
  ["0.inputs.columns.7.expansion.frequencies", [null], "an expansion is no number"],
  ["0.inputs.columns.8.embedding", 0, "an embedding's width"],
  ["0.inputs.columns.8.embedding", 2.5, "an embedding's width"],
  ["0.inputs.columns.8.embedding", 2 ** 25, "an embedding's width"],
  ["0.inputs.columns.8.fill", 9, "fill of a category"],
  ["0.inputs.columns.4.scaling.quantiles", [1, 0], "quantiles out of order"],
  ["0.inputs.columns.1.name", "__proto__", "two columns of one name"],
  ["0.inputs.columns.2.rare", ["a"], "a level twice"],
  ["0.inputs.kind", "rows", "inputs of no known kind"],
  ["0.target.classes", ["0"], "classes"],
  ["0.target.classes", ["0", "0"], "classes"],
  ["0.target.encoding", "hot", "encoding"],
  ["0.target.link", "exp", "link"],
  ["1.inputs.shape", [2 ** 13, 2 ** 13], "67108864 inputs"],
  ["1.inputs.scaling.scale", 0, "a scale of 0"],
  ["1.target.columns", [], "no targets"],
  ["1.target.task", "ranking", "a target of no known task"],
  ["1.calibration.temperature", 0, "a temperature of 0"],
  ["1.calibration.conformal.scores", [[0], [1]], "scores"],
  ["1.calibration.conformal.every", 0, "every"],
  ["1.calibration.conformal.of", "deviation", "what its scores measure"],
  ["1.target.quantiles", [0.1, 0.9], "quantiles"],
  ["1.profile.rows", 0, "a profile's rows"],
  ["1.profile.columns.min.edges", [1, 0], "edges out of order"],
  ["1.profile.columns.min.min", 3, "edges out of order"],
  ["1.profile.columns.min.counts", [3, 3], "counts of bins"],
  ["1.profile.columns.min.kind", "dates", "a profile of no known kind"],
  ["1.profile.columns.t.counts", [-1], "a number of rows"],
  ["1.profile.columns.t.levels", [], "counts of levels"],
  ["2.target.names", [], "no targets"],
  ["2.calibration.thresholds", [0.5], "thresholds"],
  ["3.target.columns", [{ name: "p", classes: ["a", "b"] }], "a single target"],
  ["3.target.columns.1.classes", ["a"], "classes"],
  ["3.target.columns.1.classes", ["a", "a"], "classes"],
  ["3.target.link", "sigmoid", "link"],
  ["3.calibration", { temperature: 2, thresholds: null, conformal: null }, "calibration"],
])("%s = %j is refused: %s", (place, value, says) => {
  const [example, ...path] = place.split(".");
  const broken = JSON.parse(JSON.stringify(examples[Number(example)]));
  path.slice(0, -1).reduce((node, key) => node[key], broken)[path.at(-1)!] = value;
  const message = `m.ckpt: the model file's preprocessing is damaged: ${says}; expected a file written by nnt`;
  expect(() => parsePreprocessing(broken, "m.ckpt")).toThrow(message);
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
