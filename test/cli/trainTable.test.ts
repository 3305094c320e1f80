/** `train` of a table: what `init` would write, trained at once, and how that stands beside simpler answers. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { run } from "./host.ts";
import { folder, put } from "./program.ts";

const directory = folder();
const path = (name: string) => join(directory, name);
const quick = ["--effort", "quick", "--epochs", "2", "--threads", "1", "--kernels", "wasm"];

test("trains to the bits of the spec that init writes, and leaves nothing but the run behind", async () => {
  const table = "data/houses.csv";
  await run(["init", table, "-t", "price", "--effort", "quick", "-o", path("houses.yaml")]);
  await run(["train", path("houses.yaml"), "-o", path("by-spec"), ...quick.slice(2)]);
  const trained = await run(["train", table, "--target", "price", "-o", path("at-once"), ...quick]);
  expect(trained.code).toBe(0);
  const [a, b] = ["by-spec", "at-once"].map(
    (name) => JSON.parse(readFileSync(path(`${name}/summary.json`), "utf8")).weights_sha256,
  );
  expect(a).toBe(b);
  expect(readFileSync(path("at-once/spec.yaml"), "utf8")).toContain("houses.csv");
  expect(existsSync("houses.yaml")).toBe(false);
  expect(trained.out).toMatch(
    /^baseline +rmse [\d,]+ beside [\d,]+ of a linear model and [\d,]+ of the mean: /m,
  );
});

test("says plainly that a linear model is better", async () => {
  const rows = Array.from({ length: 300 }, (_, i) => `${Math.sin(i)},${Math.sin(i * 7)}`);
  const lines = rows.map((row) => `${row},${row.split(",").reduce((sum, x) => sum * 2 + Number(x), 0)}`);
  put(directory, { "linear.csv": `a,b,y\n${lines.join("\n")}\n` });
  const { out } = await run(["train", path("linear.csv"), "-t", "y", "-o", path("linear"), ...quick]);
  expect(out).toContain("no better than a linear model");
});

test.each([
  ["a table without a target", ["data/iris.csv"], /iris\.csv: a table, and no column .*--target COLUMN/s],
  ["a spec with one", ["configs/iris.yaml", "-t", "species"], /--target is for a table/],
  ["an effort without a target", ["configs/iris.yaml", "--effort", "good"], /--target/],
])("refuses %s", async (_, argv, message) => {
  const { code, err } = await run(["train", ...argv]);
  expect([code, err]).toEqual([2, expect.stringMatching(message)]);
});

/** Tables that have broken networks: n rows of columns a, b and c and a target y. */
const awkward: Record<string, (i: number) => readonly unknown[]> = {
  "heavy tails": (i) => [Math.tan(i * 1.7), Math.exp(9 * Math.sin(i)), i % 3, Math.sin(i)],
  "a target with outliers": (i) => [Math.sin(i), i % 7, i % 2, i === 5 ? 1e9 : i === 6 ? -1e9 : Math.sin(i)],
  "columns of one value, and of one but for a row": (i) => [4, i === 3 ? 1 : 0, Math.cos(i), Math.cos(i)],
  "more levels than rows have company for": (i) => [`u${i % 70}`, `v${i}`, Math.sin(i), (i % 70) / 70],
  "numbers that name levels": (i) => [(i * 37) % 50, 1e12 + (i % 5), i % 2, Math.sin(11 * ((i * 37) % 50))],
  "values that are mostly missing": (i) => [i % 9 ? "" : i, i % 2 ? "" : "x", Math.sin(i), Math.sin(i)],
};

test.each(Object.keys(awkward))("a recipe comes to finite figures with %s", async (name) => {
  const rows = Array.from({ length: 140 }, (_, i) => awkward[name]!(i).join(","));
  put(directory, { "awkward.csv": `a,b,c,y\n${rows.join("\n")}\n` });
  const out = path(name.replaceAll(/\W+/g, "-"));
  const few = ["--epochs", "3", "--set", "train.folds=2", "--threads", "1"];
  const { code } = await run(["train", path("awkward.csv"), "-t", "y", "-o", out, ...few]);
  expect(code).toBe(0);
  const { metrics } = JSON.parse(readFileSync(join(out, "summary.json"), "utf8"));
  for (const value of Object.values(metrics.out_of_fold)) expect(value).toEqual(expect.any(Number));
  const { out: answers } = await run(["predict", join(out, "best.ckpt"), "--input", path("awkward.csv")]);
  const numbers = answers.trim().split("\n").slice(1).map(Number);
  expect(numbers).toHaveLength(140);
  expect(numbers.every(Number.isFinite)).toBe(true);
});
