/** `eval`: figures with intervals, class by class and slice by slice; and gates against an earlier model. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { run } from "./host.ts";
import { folder, put } from "./program.ts";

const directory = folder();
const path = (name: string) => join(directory, name);
const model = path("run/best.ckpt");

/** In the north x tells the kind; in the south nothing does. Size is no input. */
const rows = Array.from({ length: 600 }, (_, i) => {
  const isNorth = i % 2 === 0;
  const x = ((i * 7919) % 601) / 600;
  const kind = isNorth ? x > 0.5 : (i * 104_729) % 7 > 3;
  return `${x},${isNorth ? "north" : "south"},${i},${kind ? "b" : "a"}`;
});
const spec = `
data: { path: table.csv, target: kind, columns: { size: ignore }, split: { validation: 0.2, test: 0.4 } }
model: { hidden: [8] }
optimizer: { name: adam, lr: 0.05 }
train: { epochs: 15 }
`;

beforeAll(async () => {
  put(directory, { "table.csv": `x,region,size,kind\n${rows.join("\n")}\n`, "spec.yaml": spec });
  expect((await run(["train", path("spec.yaml"), "--out", path("run"), "--quiet"])).code).toBe(0);
});

async function json(...options: string[]) {
  const { code, out, err } = await run(["eval", model, "--json", ...options]);
  expect([code, err]).toEqual([0, ""]);
  return JSON.parse(out);
}

test("tells intervals, classes and the confusion matrix, in JSON and to people", async () => {
  const found = await json();
  expect(found.rows).toBe(240);
  const [low, high] = found.intervals.accuracy;
  expect(low).toBeLessThan(found.metrics.accuracy);
  expect(high).toBeGreaterThan(found.metrics.accuracy);
  expect(found.per_class.map((scores: { class: string }) => scores.class)).toEqual(["a", "b"]);
  expect(found.confusion.flat().reduce((sum: number, cell: number) => sum + cell, 0)).toBe(240);
  const { out } = await run(["eval", model]);
  expect(out).toMatch(/accuracy +0\.\d+ +0\.\d+ … 0\.\d+\n/);
  expect(out).toMatch(/class +precision +recall +f1/);
  expect(out).toMatch(/true \\ predicted +a +b\n/);
});

test("what is 1 of two classes whatever is predicted is left out for people, and told in JSON", async () => {
  expect((await json()).metrics).toMatchObject({ top_2_accuracy: 1, top_3_accuracy: 1 });
  expect((await run(["eval", model])).out).not.toContain("top_");
});

test("a slice by a column tells where the model does well, and the slices are all rows", async () => {
  const { slices, metrics } = await json("--slice", "region");
  const [north, south] = slices.of;
  expect([slices.column, north.value, south.value]).toEqual(["region", "north", "south"]);
  expect(north.rows + south.rows).toBe(240);
  expect(north.metrics.accuracy).toBeGreaterThan(0.9);
  expect(south.intervals.accuracy[1]).toBeLessThan(0.9);
  const mean = (north.rows * north.metrics.accuracy + south.rows * south.metrics.accuracy) / 240;
  expect(mean).toBeCloseTo(metrics.accuracy, 12);
});

test("a column that is no input can slice, a number at its quartiles; an unknown one is refused", async () => {
  const { slices } = await json("--slice", "size");
  expect(slices.of).toHaveLength(4);
  for (const { rows } of slices.of) expect(rows).toBeCloseTo(60, -1);
  const { code, err } = await run(["eval", model, "--slice", "regoin"]);
  expect(code).toBe(3);
  expect(err).toMatch(/no column is named "regoin"\n.*did you mean "region"/);
});

test("a figure worse than the baseline's ends with 7, unless it is tolerated", async () => {
  const baseline = path("run/summary.json");
  expect((await run(["eval", model, "--baseline", baseline])).code).toBe(0);
  const before = await json();
  before.metrics.accuracy *= 1.05;
  writeFileSync(path("before.json"), JSON.stringify(before));
  const gated = (...more: string[]) => run(["eval", model, "--baseline", path("before.json"), ...more]);
  const { code, err } = await gated("--tolerance", "0.01");
  expect(code).toBe(7);
  expect(err).toMatch(
    /^nnt: .*best\.ckpt: accuracy is 0\.\d+, worse by 0\.0\d+; it was 0\.\d+ in .*before\.json/,
  );
  expect((await gated("--tolerance", "6%")).code).toBe(0);
});

test("a baseline of other rows, or none at all, is refused", async () => {
  const other = await run(["eval", model, "--split", "train", "--baseline", path("run/summary.json")]);
  expect([other.code, other.err]).toEqual([2, expect.stringContaining("metrics of validation, test")]);
  const none = await run(["eval", model, "--baseline", path("table.csv")]);
  expect([none.code, none.err]).toEqual([2, expect.stringContaining("it is not a JSON object")]);
});
