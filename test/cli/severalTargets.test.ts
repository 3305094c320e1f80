/** Several targets of classes in one model, from the spec to each command's answer. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { run } from "./host.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const directory = mkdtempSync(join(tmpdir(), "nnt-targets-"));
const spec = join(directory, "spec.yaml");
const rows = join(directory, "rows.csv");
const out = join(directory, "run");
const model = join(out, "best.ckpt");
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** a tells the side, b the size; the region of a row is of no matter. */
const lines = Array.from({ length: 240 }, (_, i) => {
  const [a, b] = [Math.sin(i), Math.cos(7 * i)];
  const size = b < -0.4 ? "small" : b < 0.4 ? "middling" : "large";
  return [a.toFixed(4), b.toFixed(4), i % 2 ? "north" : "south", a > 0 ? "right" : "left", size].join();
});
const text = `data: { path: rows.csv, target: [side, size], split: { validation: 0.2, test: 0.2 } }
model: { hidden: [16] }
optimizer: { name: adam, lr: 0.02 }
train: { epochs: 30, batch_size: 16 }
`;
const train = (into: string, ...more: string[]) =>
  run(["train", spec, "--quiet", "--threads", "1", "--out", into, ...more]);

beforeAll(async () => {
  writeFileSync(rows, `${["a,b,region,side,size", ...lines].join("\n")}\n`);
  writeFileSync(spec, text);
  expect((await train(out)).code).toBe(0);
});

test("eval tells means over targets, each target's own figures, and class by class", async () => {
  const { code, out: told } = await run(["eval", model, "--json", "--slice", "region"]);
  const { metrics, per_class, confusion, slices } = JSON.parse(told);
  expect([code, confusion]).toEqual([0, null]);
  expect(metrics["accuracy.side"]).toBeGreaterThan(0.8);
  expect(metrics["accuracy.size"]).toBeGreaterThan(0.8);
  expect(metrics.accuracy).toBeLessThanOrEqual(Math.min(metrics["accuracy.side"], metrics["accuracy.size"]));
  expect(metrics.hamming_loss).toBeCloseTo(1 - (metrics["accuracy.side"] + metrics["accuracy.size"]) / 2, 12);
  expect(per_class.map((one: { class: string }) => one.class)).toEqual([
    "side=left",
    "side=right",
    "size=large",
    "size=middling",
    "size=small",
  ]);
  expect(slices.of.map(({ metrics }: { metrics: object }) => Object.keys(metrics))).toEqual([
    expect.arrayContaining(["accuracy.size"]),
    expect.arrayContaining(["accuracy.size"]),
  ]);
  const gate = await run(["eval", model, "--fail-if", "accuracy.side<0.8", "--fail-if", "accuracy.size<1.1"]);
  expect([gate.code, gate.err]).toEqual([7, expect.stringMatching(/accuracy\.size is .*is met\n$/)]);
});

test.each(["native", "wasm", "reference"])(
  "predict answers for each target on %s kernels",
  async (kernels) => {
    const stdin = "a,b,region\n0.9,-0.9,north\n-0.9,0.9,south\n";
    const { code, out: told } = await run(["predict", model, "--kernels", kernels, "--proba"], { stdin });
    const [header, ...answers] = told.trimEnd().split("\n");
    expect([code, header]).toEqual([
      0,
      "prediction_side,prediction_size,probability_side=left,probability_side=right,probability_size=large,probability_size=middling,probability_size=small",
    ]);
    expect(answers.map((answer) => answer.split(",").slice(0, 2))).toEqual([
      ["right", "small"],
      ["left", "large"],
    ]);
    for (const answer of answers) {
      const [, , left, right, ...sizes] = answer.split(",").map(Number);
      expect(left! + right!).toBeCloseTo(1, 6);
      expect(sizes.reduce((sum, p) => sum + p)).toBeCloseTo(1, 6);
    }
  },
);

test("explain --rows explains the answer for each target, or a class that is named", async () => {
  const { out: both } = await run(["explain", model, "--rows", "0", "--json"]);
  const named = (told: string) => [...told.matchAll(/"of":"([^"]*)"/g)].map(([, name]) => name);
  expect(named(both)).toEqual([expect.stringMatching(/^side=/), expect.stringMatching(/^size=/)]);
  const { out: one } = await run(["explain", model, "--rows", "0", "--of", "size=small", "--json"]);
  expect(named(one)).toEqual(["size=small"]);
});

test("several seeds make one model, and folds answer every row", async () => {
  const [seeds, folds] = [join(directory, "seeds"), join(directory, "folds")];
  expect((await train(seeds, "--seeds", "2", "--epochs", "3")).code).toBe(0);
  const oddsOf = async (name: string) => {
    const stdin = "a,b,region\n0.3,0.1,north\n";
    const answer = await run(["predict", join(seeds, name), "--proba", "--to", "jsonl"], { stdin });
    const { side, size } = JSON.parse(answer.out).probabilities;
    return [Math.log(side.left / side.right), Math.log(size.large / size.small)] as const;
  };
  const [first, second, all] = await Promise.all(
    ["seed-0/best.ckpt", "seed-1/best.ckpt", "ensemble.ckpt"].map(oddsOf),
  );
  for (const t of [0, 1]) expect(all![t]).toBeCloseTo((first![t]! + second![t]!) / 2, 4);
  expect(
    (await train(folds, "--set", "train={ folds: 2, epochs: 2 }", "--set", "data.split={ validation: 0 }"))
      .code,
  ).toBe(0);
  const predicted = readFileSync(join(folds, "out_of_fold.csv"), "utf8").trimEnd().split("\n");
  expect(predicted).toHaveLength(lines.length + 1);
  expect(predicted[1]).toMatch(/^1,[12],(left|right),(large|middling|small),/);
});

test("a stopped run goes on to the same model, and streamed rows train as well", async () => {
  const [stopped, streamed] = [join(directory, "stopped"), join(directory, "streamed")];
  await train(stopped, "--pause-at", "11");
  expect((await train(stopped, "--resume")).code).toBe(0);
  expect(readFileSync(join(stopped, "last.ckpt")).equals(readFileSync(join(out, "last.ckpt")))).toBe(true);
  expect((await train(streamed, "--set", "data.stream=true", "--epochs", "2")).code).toBe(0);
});

describe("what knows of one target alone is refused", () => {
  test.each([
    ["--set", "loss.class_weights=balanced", "--set", "loss.name=cross_entropy"],
    ["--set", "calibration={ temperature: true }"],
    ["--set", "model={ layers: [{ ensemble: { average: softmax, layers: [linear] } }] }"],
    ["--set", "data.split.stratify=true"],
    ["--set", "data.task=classification", "--set", "data.classes=[left, right]"],
    ["--set", "loss=mse"],
  ])("in a spec: %s %s", async (...set) => {
    const { code, err } = await run(["check", spec, ...set]);
    expect([code === 2 || code === 3, err]).toEqual([true, expect.stringMatching(/^nnt: /)]);
  });

  test("by predict", async () => {
    const stdin = "a,b,region\n0,0,north\n";
    const top = await run(["predict", model, "--top-k", "2"], { stdin });
    expect([top.code, top.err]).toEqual([2, expect.stringContaining("several targets")]);
    const interval = await run(["predict", model, "--interval", "0.9"], { stdin });
    expect([interval.code, interval.err]).toEqual([2, expect.stringContaining("several classes per row")]);
  });
});
