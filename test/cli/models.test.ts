/** `check` on specs, `inspect` on models and specs, and a training that diverges. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { encodeSafetensors } from "../../src/checkpoint/safetensors.ts";
import { run } from "./host.ts";
import { folder, put } from "./program.ts";

const directory = folder();
const path = (name: string) => join(directory, name);

const spec = `
name: thirds
data: { path: table.csv, target: third, columns: { word: category }, split: { validation: 0, test: 0 } }
model:
  layers:
    - { linear: 5 }
    - { batch_norm: {} }
    - { leaky_relu: 0.2 }
    - { dropout: 0.25 }
    - linear
train: { epochs: 3, batch_size: 10 }
`;

beforeAll(async () => {
  const rows = Array.from(
    { length: 10_000 },
    (_, row) => `${(row * 7919) % 10_007},${"ab"[row % 2]},${["x", "y", "z"][row % 3]}`,
  );
  put(directory, { "table.csv": `n,word,third\n${rows.join("\n")}\n`, "spec.yaml": spec });
  const argv = ["train", path("spec.yaml"), "--out", path("run"), "--set", "train.max_steps=5", "--quiet"];
  expect(await run(argv)).toEqual({ code: 0, out: "", err: "" });
});

async function json(...argv: string[]) {
  const { code, out, err } = await run([...argv, "--json"]);
  expect([code, err]).toEqual([0, ""]);
  return JSON.parse(out);
}

describe("check", () => {
  test("tells rows, columns, shapes, parameters, updates per epoch and memory", async () => {
    const found = await json("check", path("spec.yaml"));
    expect(found).toMatchObject({
      name: "thirds",
      task: "classification",
      rows: { train: 10_000 },
      columns: [
        { name: "n", type: "number" },
        { name: "word", type: "category" },
      ],
      classes: ["x", "y", "z"],
      inputs: 3,
      outputs: 3,
      updates_per_epoch: 1000,
      updates: 3000,
      parameters: 20 + 10 + 18,
    });
    expect(found.memory.total).toBeGreaterThan(10_000 * 3 * 4);
  });

  test("draws the network layer by layer", async () => {
    const { code, out, err } = await run(["check", path("spec.yaml")]);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(/0 +linear +\[B, 5\] +20 +weight \[5, 3\] {2}bias \[5\]/);
    expect(out).toMatch(/1 +batch_norm +\[B, 5\] +10 +weight \[5\] {2}bias \[5\]/);
    expect(out).toMatch(/2 +leaky_relu 0\.2 +\[B, 5\]\n/);
    expect(out).toMatch(/4 +linear +\[B, 3\] +18 +weight \[3, 5\] {2}bias \[3\]/);
    expect(out).toContain("3,000 in 3 epochs: 1,000 per epoch of batches of 10");
  });

  test("takes overrides, and leaves nothing behind", async () => {
    const found = await json(
      "check",
      path("spec.yaml"),
      "--set",
      "train.batch_size=3",
      "--set",
      "train.drop_last=true",
    );
    expect(found).toMatchObject({ batch_size: 3, updates_per_epoch: 3333 });
  });

  test("is what inspect tells of a spec", async () => {
    expect(await json("inspect", path("spec.yaml"))).toEqual(await json("check", path("spec.yaml")));
  });
});

describe("inspect on a model", () => {
  test("tells every tensor with its shape, columns, classes and how far it was trained", async () => {
    const found = await json("inspect", path("run/best.ckpt"));
    expect(found).toMatchObject({
      kind: "model",
      name: "thirds",
      step: 5,
      classes: ["x", "y", "z"],
      parameters: 48,
    });
    const { tensors } = found as { tensors: { name: string; shape: number[] }[] };
    const shapes = Object.fromEntries(tensors.map(({ name, shape }) => [name, shape]));
    expect(shapes).toMatchObject({
      "layers.0.weight": [5, 3],
      "layers.0.bias": [5],
      "layers.1.running_mean": [5],
      "layers.4.weight": [3, 5],
    });
  });

  test("draws it in narrow terminals too", async () => {
    const terminal = { isTTY: true, columns: 50 };
    const { out } = await run(["inspect", path("run/best.ckpt")], { terminal, env: { NO_COLOR: "1" } });
    const network = out.slice(out.indexOf("layer ")).split("\n");
    expect(Math.max(...network.map((line) => line.length))).toBeLessThanOrEqual(50);
    expect(out).toContain("48 parameters");
  });

  test("of a damaged file exits with 4", async () => {
    const bytes = readFileSync(path("run/best.ckpt"));
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(path("damaged.ckpt"), bytes);
    const { code, out, err } = await run(["inspect", path("damaged.ckpt")]);
    expect([code, out]).toEqual([4, ""]);
    expect(err).toMatch(/^nnt: .*damaged\.ckpt: .*damaged/);
  });

  test("of any other safetensors file lists its tensors", async () => {
    const tensors = [{ name: "fc.weight", shape: [2, 3], values: new Float32Array(6) }];
    const { head, data } = encodeSafetensors(tensors, new Map([["format", "pt"]]));
    writeFileSync(path("other.safetensors"), Buffer.concat([head, ...data]));
    expect(await json("inspect", path("other.safetensors"))).toMatchObject({
      kind: "tensors",
      parameters: 6,
      tensors: [{ name: "fc.weight", dtype: "F32", shape: [2, 3] }],
    });
  });
});

test("a training that diverges exits with 6 and keeps a model that can be read", async () => {
  const overrides = ["optimizer={name: sgd, lr: 1e30}", "loss=mse", "data.target=n"].flatMap((one) => [
    "--set",
    one,
  ]);
  const { code, err } = await run([
    "train",
    path("spec.yaml"),
    "--out",
    path("diverged"),
    "--quiet",
    ...overrides,
  ]);
  expect([code, err]).toEqual([6, expect.stringMatching(/^nnt: .*(nan|infin|diverge)/im)]);
  expect((await run(["inspect", path("diverged/last.ckpt")])).code).toBe(0);
});
