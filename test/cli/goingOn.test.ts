/** `nnt train --from`: what training that goes on from a model keeps of it, and what starts afresh; `--freeze`. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { readCheckpoint } from "../../src/checkpoint/checkpoint.ts";
import { encodeSafetensors } from "../../src/checkpoint/safetensors.ts";
import { parsePreprocessing } from "../../src/data/preprocessing/parsePreprocessing.ts";
import { run } from "./host.ts";
import { folder } from "./program.ts";

vi.setConfig({ testTimeout: 60_000 });

const root = folder();
const at = (...parts: string[]) => join(root, ...parts);
const data = (name: string) => readFileSync(join(import.meta.dirname, "../../data", name), "utf8");

const spec = (table: string, target: string) =>
  `data: { path: ${table}, target: ${target} }\nmodel: { hidden: [6], activation: tanh }\ntrain: { epochs: 3 }\n`;

async function train(spec: string, out: string, ...options: string[]) {
  const done = await run(["train", at(spec), "--out", at(out), "--overwrite", "--threads", "1", ...options]);
  return { ...done, model: at(out, "best.ckpt") };
}

function stored(out: string, file: "best" | "last" = "last") {
  const path = at(out, `${file}.ckpt`);
  const { parameters, preprocessing } = readCheckpoint(path, "all");
  const tensors = new Map(parameters.map(({ name, values }) => [name, [...values]]));
  return { tensors, preprocessing: parsePreprocessing(preprocessing, path) };
}

beforeAll(async () => {
  const rows = data("iris.csv").trim().split("\n");
  const few = rows
    .filter((row) => !row.endsWith("virginica"))
    .map((row) => row.replace(/,[^,]*(,[^,]*)$/, "$1"));
  writeFileSync(at("few.csv"), `${few.join("\n")}\n`); // without a column and a class
  writeFileSync(at("all.csv"), `${rows.join("\n")}\n`);
  writeFileSync(at("houses.csv"), data("houses.csv"));
  for (const [name, target] of [
    ["few", "species"],
    ["all", "species"],
    ["houses", "price"],
  ] as const)
    writeFileSync(at(`${name}.yaml`), spec(`${name}.csv`, target));
  expect((await train("few.yaml", "few")).code).toBe(0);
});

/** An update so small that the weights are as they began. */
const still = ["--set", "optimizer={ name: sgd, lr: 1e-30 }", "--epochs", "1"];

test("columns and classes that both have keep their weights, scaling and order; new ones start afresh, said aloud", async () => {
  const { code, err } = await train("all.yaml", "more", "--from", at("few/best.ckpt"), ...still);
  expect([code, err]).toEqual([
    0,
    expect.stringContaining('new column "petal_width (number)": its weights start afresh'),
  ]);
  expect(err).toContain('new output "species=virginica": its weights start afresh');
  const [before, now] = [stored("few", "best"), stored("more")];
  const of = (side: typeof before, name: string, width: number, row: number) =>
    side.tensors.get(name)!.slice(row * width, (row + 1) * width);
  for (let row = 0; row < 6; row++) {
    const [mine, earlier] = [of(now, "layers.0.weight", 4, row), of(before, "layers.0.weight", 3, row)];
    expect(mine.slice(0, 3)).toEqual(earlier);
    expect(mine[3]).not.toBe(0);
  }
  expect(now.tensors.get("layers.0.bias")).toEqual(before.tensors.get("layers.0.bias"));
  expect(now.tensors.get("layers.2.weight")!.slice(0, 12)).toEqual(before.tensors.get("layers.2.weight"));
  expect(now.tensors.get("layers.2.weight")!.slice(12)).not.toContain(0);
  expect(now.preprocessing.target).toMatchObject({ classes: ["setosa", "versicolor", "virginica"] });
  const columns = (side: typeof before) =>
    (side.preprocessing.inputs as { columns: readonly unknown[] }).columns;
  expect(columns(now).slice(0, 3)).toEqual(columns(before));
});

test("rows that the earlier model has learnt are no test of the later one", async () => {
  const { err } = await train("all.yaml", "again", "--from", at("few/best.ckpt"), "--seed", "1");
  expect(err).toMatch(
    /\d+ of 30 test rows were trained on and are left out: the model that training goes on from/,
  );
  const further = await train("few.yaml", "further", "--from", at("again/best.ckpt"), "--seed", "2");
  expect(further.err).toMatch(/test rows (was|were) trained on/); // by `few`, which `again` went on from
});

test("a run that went on from a model is resumed as any other", async () => {
  await train("all.yaml", "whole", "--from", at("few/best.ckpt"), "--epochs", "4");
  await train("all.yaml", "parts", "--from", at("few/best.ckpt"), "--epochs", "4", "--pause-at", "2");
  expect((await run(["resume", at("parts"), "--threads", "1", "--quiet"])).code).toBe(0);
  expect(stored("parts").tensors).toEqual(stored("whole").tensors);
});

describe("a frozen layer keeps its bits, and the others move", () => {
  test.each([
    [
      "adamw, whose decay moves weights without a gradient",
      "{ name: adamw, weight_decay: 0.5 }",
      "train.max_norm=0.01",
    ],
    ["sgd with momentum, clipped", "{ name: sgd, lr: 0.1, momentum: 0.9 }", "train.clip_grad_norm=1"],
    ["lbfgs", "lbfgs", "train.l2=0.1"],
  ])("%s", async (_, optimizer, more) => {
    const options = ["--set", `optimizer=${optimizer}`, "--set", more];
    const { code } = await train(
      "few.yaml",
      "frozen",
      "--from",
      at("few/best.ckpt"),
      "--freeze",
      "layers.0",
      ...options,
    );
    expect(code).toBe(0);
    const [before, now] = [stored("few", "best").tensors, stored("frozen").tensors];
    for (const name of ["layers.0.weight", "layers.0.bias"]) expect(now.get(name)).toEqual(before.get(name));
    for (const name of ["layers.2.weight", "layers.2.bias"])
      expect(now.get(name)).not.toEqual(before.get(name));
  });
});

test("weights of a plain torch.nn.Sequential are taken under its names", async () => {
  const { tensors } = stored("few", "best");
  const shapes = { "0.weight": [6, 3], "0.bias": [6], "2.weight": [2, 6], "2.bias": [2] };
  const named = Object.entries(shapes).map(([name, shape]) => ({
    name,
    shape,
    values: Float32Array.from(tensors.get(`layers.${name}`)!),
  }));
  const { head, data } = encodeSafetensors(named, new Map());
  writeFileSync(at("torch.safetensors"), Buffer.concat([head, ...data]));
  const { code, err } = await train(
    "few.yaml",
    "torch",
    "--set",
    `init={ from: ${at("torch.safetensors")} }`,
    ...still,
  );
  expect([code, err]).toEqual([0, expect.anything()]);
  expect(stored("torch").tensors).toEqual(tensors);
});

describe("what is refused", () => {
  const few = () => at("few/best.ckpt");
  test.each([
    [
      "other layers",
      () => ["--from", few(), "--set", "model.hidden=[4]"],
      4,
      "in order, the file has layers.0.weight [6, 3], layers.0.bias [6]",
    ],
    [
      "no layer of that name",
      () => ["--freeze", "layers.7"],
      2,
      "train.freeze: no layer is called layers.7; expected layers.0, layers.2",
    ],
    ["nothing left to train", () => ["--freeze", "layers"], 2, "nothing is left to train"],
    ["folds", () => ["--from", few(), "--set", "train.folds=3"], 2, "one of train.folds and init.continue"],
    [
      "columns of an ensemble that shares weights",
      () => ["--from", few(), "--set", "model.members=2"],
      2,
      "network's first layer is not linear",
    ],
    ["no model", () => ["--from", at("few.csv")], 4, "few.csv"],
  ] as const)("%s", async (_, options, code, says) => {
    const done = await train("all.yaml", "refused", ...options());
    expect([done.code, done.err]).toEqual([code, expect.stringContaining(says)]);
  });
});
