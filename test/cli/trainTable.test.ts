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
