import { expect, test } from "vitest";
import { parseSpec } from "../../src/config/load.ts";
import { findLearningRate } from "../../src/run/lrFind.ts";
import { irisData, nobody } from "../train/support.ts";

const find = (text: string, range: { from: number; to: number; steps: number }) =>
  findLearningRate(
    { spec: parseSpec(text, "spec.yaml"), version: "0", kernels: "reference", threads: 1, ...range },
    nobody,
  );

const spec = `${irisData}
model: { hidden: [16], activation: tanh }
train: { batch_size: 16 }
`;

test("the curve rises exponentially; the suggestion lies where the loss falls, before its minimum", async () => {
  const { curve, suggestion, minimum } = await find(spec, { from: 1e-6, to: 10, steps: 150 });
  expect(curve[0]!.lr).toBe(1e-6);
  expect(curve[21]!.lr / curve[20]!.lr).toBeCloseTo(1e7 ** (1 / 149), 9);
  expect(suggestion).toBeGreaterThan(1e-3);
  expect(suggestion).toBeLessThan(minimum);
  expect(minimum).toBeLessThan(1);
});

test("the sweep ends where the loss runs away", async () => {
  const { curve } = await find(`${spec}optimizer: sgd\n`, { from: 1e-3, to: 1e9, steps: 100 });
  expect(curve.length).toBeLessThan(100);
  expect(curve.at(-1)!.lr).toBeLessThan(1e6);
  for (const { loss } of curve) expect(loss).not.toBeNaN();
});
