/** How much worse a model gets without a feature: by hand on models whose answer is known, and the same each time. */
import { expect, test } from "vitest";
import { columnFeatures, tileFeatures } from "../../src/data/preprocessing/features.ts";
import type { InputColumn, Preprocessing } from "../../src/data/preprocessing/preprocessing.ts";
import { Kernels } from "../../src/engine/kernels.ts";
import { openReference } from "../../src/engine/reference/backend.ts";
import { permutationImportance } from "../../src/evaluate/importance.ts";
import { buildModel } from "../../src/model/model.ts";

const scaling = { name: "none", center: 0, scale: 1 } as const;
const number = (name: string) =>
  ({ type: "number", name, scaling, missingValues: [], fill: null, indicator: false }) as const;
const category: InputColumn = {
  type: "category",
  name: "c",
  levels: ["p", "q"],
  rare: [],
  missingValues: [],
  fill: -1,
  ordinal: null,
  refusesUnseen: false,
  indicator: false,
};
const preprocessing: Preprocessing = {
  inputs: { kind: "columns", columns: [number("a"), category, number("unused")] },
  target: { task: "regression", columns: [{ name: "y", scaling }], link: "identity" },
};

/** y = 2a + [c = p] − [c = q], a from 0 to n − 1, c in turn; the network says just that. */
function measured(n: number) {
  const k = new Kernels(openReference());
  const model = buildModel(k, [{ type: "linear", width: 1, bias: true }], {
    ...{ inputWidth: 4, outputWidth: 1, seed: 0, init: { name: "zeros" } },
  });
  const W = Float32Array.of(2, 1, -1, 0);
  const given = [
    { name: "layers.0.weight", shape: [1, 4], values: W },
    { name: "layers.0.bias", shape: [1], values: Float32Array.of(0) },
  ];
  model.load(given, "model");
  const rows = Array.from({ length: n }, (_, a) => [a, 1 - (a % 2), a % 2, 7 * a]);
  const values = Float32Array.from(rows.flat());
  const targets = Float32Array.from(rows, ([a, p, q]) => 2 * a! + p! - q!);
  const indices = Int32Array.from(rows.keys());
  const split = { table: { rows: n, cols: 4, values }, indices, targets, weights: null };
  return { of: { k, model, preprocessing, loss: { name: "mse" } as const }, split };
}

const options = { metric: "mse", repeats: 20, seed: 0, mostRows: 1000 } as const;
const features = columnFeatures({ columns: [number("a"), category, number("unused")] });

test("shuffled values cost what chance says, all inputs of a category together, and an unused column nothing", async () => {
  const n = 200;
  const { of, split } = measured(n);
  const { value, rows, features: found } = await permutationImportance(of, split, features, options);
  expect([value, rows]).toEqual([0, n]);
  expect(found.map(({ name }) => name)).toEqual(["a", "c", "unused"]);
  // E(u − v)² of two values drawn: twice the variance. Of 2a: 4 (n² − 1)/12; of ±1: 1, and never anything between.
  expect(found[0]!.mean / ((8 * (n ** 2 - 1)) / 12)).toBeCloseTo(1, 1);
  expect(found[1]!.mean).toBeCloseTo(2, 0);
  expect(found[2]).toEqual({ name: "unused", mean: 0, sd: 0 });
  expect(found[0]!.sd).toBeGreaterThan(0);
});

test("equal seeds give equal figures, others do not; more of a metric like r2 is better", async () => {
  const of = async (seed: number, metric: "mse" | "r2" = "mse") => {
    const { of, split } = measured(50);
    return permutationImportance(of, split, features, { ...options, seed, metric, mostRows: 30 });
  };
  expect(await of(1)).toEqual(await of(1));
  expect(await of(1)).not.toEqual(await of(2));
  const { rows, features: found } = await of(1, "r2");
  expect(rows).toBe(30);
  expect(found[0]!.mean).toBeGreaterThan(1);
});

test("tiles of an image hold every pixel once", () => {
  for (const shape of [
    [28, 28],
    [8, 8],
    [5, 30],
    [1, 3],
  ] as const) {
    const { features, across } = tileFeatures(shape);
    const pixels = features.flatMap(({ inputs }) => inputs).sort((a, b) => a - b);
    expect(pixels).toEqual(Array.from({ length: shape[0] * shape[1] }, (_, i) => i));
    expect(features.length % across).toBe(0);
  }
  expect(tileFeatures([28, 28])).toMatchObject({ side: 4, across: 7 });
});
