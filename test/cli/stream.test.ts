/** Training and evaluating with rows on disk, as a person does it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { run } from "./host.ts";
import { folder, put } from "./program.ts";

const directory = folder();
const path = (name: string) => join(directory, name);
const summary = (out: string) => JSON.parse(readFileSync(path(`${out}/summary.json`), "utf8"));

const rows = Array.from({ length: 900 }, (_, i) => {
  const [x, z] = [Math.sin(i * 12.9898), Math.cos(i * 78.233)];
  return `${x.toFixed(4)},${z.toFixed(4)},${["n", "s"][i % 2]},${x * z > 0 ? "yes" : "no"}`;
});
const spec = `
data:
  path: table.csv
  target: y
  stream: { buffer_mb: 0.002 }
model: { hidden: [16] }
optimizer: { name: adam, lr: 0.02 }
train: { epochs: 20, batch_size: 16 }
`;
const train = (out: string, ...more: string[]) =>
  run(["train", path("spec.yaml"), "--out", path(out), "--quiet", ...more]);

beforeAll(async () => {
  put(directory, { "table.csv": `x,z,side,y\n${rows.join("\n")}\n`, "spec.yaml": spec });
  expect(await train("run")).toMatchObject({ code: 0, err: "" });
});

test("what is learnt is learnt as well as in memory", async () => {
  await train("memory", "--set", "data.stream=false");
  expect(summary("run").metrics.test.accuracy).toBeGreaterThan(0.9);
  expect(summary("memory").metrics.test.accuracy).toBeGreaterThan(0.9);
});

test("any number of threads and either kind of kernels end with the same bits", async () => {
  const digests = [summary("run").weights_sha256];
  for (const how of [
    ["--threads", "1"],
    ["--threads", "2"],
    ["--kernels", "wasm"],
  ]) {
    expect((await train(how.join(""), ...how)).code).toBe(0);
    digests.push(summary(how.join("")).weights_sha256);
  }
  expect(new Set(digests).size).toBe(1);
});

test("the model is evaluated on the test rows that it was not trained on", async () => {
  const { out } = await run(["eval", path("run/best.ckpt"), "--json"]);
  const { split, rows, metrics } = JSON.parse(out);
  const { train: trained, test: tests } = JSON.parse(
    (await run(["check", path("spec.yaml"), "--json"])).out,
  ).rows;
  expect([split, rows]).toEqual(["test", tests]);
  const { test } = summary("run").metrics;
  expect(metrics).toMatchObject({ loss: test.loss, accuracy: test.accuracy });
  const whole = await run(["eval", path("run/best.ckpt"), "--json", "--data", path("table.csv")]);
  expect(JSON.parse(whole.out).rows).toBe(900 - trained);
  expect(whole.err).toBe(`warning: ${trained} of 900 rows were trained on and are left out\n`);
});

test("what needs all rows in memory is refused where the spec asks for it", async () => {
  const refused = async (...set: string[]) => {
    const { code, err } = await run([
      "check",
      path("spec.yaml"),
      ...set.flatMap((value) => ["--set", value]),
    ]);
    expect(code).toBe(2);
    return err;
  };
  expect(await refused("train.folds=3")).toContain(
    "train.folds counts the rows of each fold, but data.stream",
  );
  expect(await refused("optimizer=lbfgs")).toContain(
    "optimizer lbfgs takes all rows at once, but data.stream",
  );
  expect(await refused("data.columns.x=time")).toContain("data.columns.x sorts all rows by time");
  expect(await refused("data.path='-'")).toContain("data.path is standard input");
  expect(await refused("data.split={test: 0.1, stratify: true}")).toContain("data.split.stratify counts");
  const sliced = await run(["eval", path("run/best.ckpt"), "--slice", "side"]);
  expect([sliced.code, sliced.err]).toEqual([
    2,
    expect.stringContaining("--slice side: the rows do not fit in memory"),
  ]);
});
