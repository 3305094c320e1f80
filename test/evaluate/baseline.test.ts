/** What a table's simplest answers come to, on tables where that is known. */
import { expect, test } from "vitest";
import type { Preprocessing } from "../../src/data/preprocessing/preprocessing.ts";
import { baselinesOf } from "../../src/evaluate/baseline.ts";

const scaling = { name: "standard", center: 3, scale: 2 } as const;
const column = (name: string) =>
  ({
    type: "number",
    name,
    scaling: { name: "none", center: 0, scale: 1 },
    missingValues: [],
    fill: null,
    indicator: false,
  }) as const;
const inputs: Preprocessing["inputs"] = { kind: "columns", columns: [column("a"), column("b")] };
const numbers: Preprocessing = {
  inputs,
  target: { task: "regression", columns: [{ name: "y", scaling }], link: "identity" },
};
const classes: Preprocessing = {
  inputs,
  target: { task: "classification", name: "y", classes: ["p", "q", "r"], encoding: "index", link: "softmax" },
};

/** Rows (a, b) with a target for each, in an order that no fold follows. */
function rows(n: number, targetOf: (a: number, b: number) => number, cols = 2) {
  const values = Float32Array.from({ length: n * cols }, (_, i) => Math.sin(1 + 7.3 * i));
  const targets = Float32Array.from({ length: n }, (_, i) =>
    targetOf(values[cols * i]!, values[cols * i + 1]!),
  );
  const indices = Int32Array.from({ length: n }, (_, i) => i);
  return { table: { rows: n, cols, values }, indices, targets, weights: null };
}

test("a linear target is the linear model's, but for the penalty; the mean is off by the deviation", () => {
  const train = rows(4000, (a, b) => a - 2 * b);
  const { metric, constant, linear } = baselinesOf(
    numbers,
    train,
    rows(1000, (a, b) => a - 2 * b),
  )!;
  const mean = train.targets.reduce((sum, y) => sum + y / 4000, 0);
  const deviation = Math.sqrt(train.targets.reduce((sum, y) => sum + (y - mean) ** 2 / 4000, 0));
  expect(metric).toBe("rmse");
  expect(linear).toBeLessThan(0.01);
  expect(constant / (2 * deviation)).toBeCloseTo(1, 1); // a unit of the targets is 2 of the table's
});

test("a target that no line follows leaves the linear model where the mean is", () => {
  const noise = (n: number) => rows(n, (a, b) => Math.sin(1e4 * a) * Math.sin(1e4 * b));
  const { constant, linear } = baselinesOf(numbers, noise(4000), null)!;
  expect(linear! / constant).toBeCloseTo(1, 2);
});

test("classes on three sides of a plane are told apart, and the most frequent one has its share", () => {
  const all = rows(3000, (a, b) => (a > 0.5 && b > 0 ? 1 : b < 0 ? 2 : 0));
  const share = all.targets.filter((target) => target === 2).length / 3000;
  const { metric, constant, linear } = baselinesOf(classes, all, null)!;
  expect([metric, constant]).toEqual(["accuracy", expect.closeTo(share, 10)]);
  expect(linear).toBeGreaterThan(share + 0.2);
});

test("more inputs than there is time for leave the linear model out, and arrays have no baseline", () => {
  const wide = rows(20, (a) => a, 1500);
  expect(baselinesOf(numbers, wide, null)).toMatchObject({ linear: null });
  const array = { ...numbers, inputs: { kind: "array" } } as unknown as Preprocessing;
  expect(baselinesOf(array, wide, null)).toBeNull();
});
