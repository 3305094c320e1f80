/** Every system of the lecture notes learns what it must: the specs in configs/ trained as they are. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { readCheckpoint } from "../../src/checkpoint/checkpoint.ts";
import { folder, nnt } from "../cli/program.ts";

const configs = join(import.meta.dirname, "../../configs");
const cwd = folder();

/** Warnings about the data, such as a flower that was measured twice, are no failure. */
const problems = (err: string) => err.replaceAll(/^warning: .*\n/gm, "");

/** `mnist*` needs files that are not in this repository; `digits.yaml` has a test of its own. */
const names = readdirSync(configs)
  .filter((file) => file.endsWith(".yaml") && !file.startsWith("mnist") && file !== "digits.yaml")
  .map((file) => file.slice(0, -".yaml".length));

interface Summary {
  readonly metrics: Record<string, Record<string, number>>;
  readonly parameters: number;
}

const runs = new Map<string, { summary: Summary; tensors: Map<string, ArrayLike<number>> }>();

beforeAll(async () => {
  for (const name of names) {
    const { code, err } = await nnt(["train", join(configs, `${name}.yaml`), "--out", name, "--quiet"], {
      cwd,
    });
    expect([name, code, problems(err)]).toEqual([name, 0, ""]);
    const summary = JSON.parse(readFileSync(join(cwd, name, "summary.json"), "utf8")) as Summary;
    const { parameters } = readCheckpoint(join(cwd, name, "best.ckpt"), "model");
    const tensors = new Map(parameters.map(({ name, values }) => [name, values]));
    runs.set(name, { summary, tensors });
  }
}, 180_000);

const metric = (name: string, figure: string) => runs.get(name)!.summary.metrics.test![figure]!;
const weights = (name: string, tensor: string) => [...Array.from(runs.get(name)!.tensors.get(tensor)!)];

/** Predictions for rows, in the target's own unit. */
async function predictions(name: string, csv: string): Promise<number[]> {
  const { out } = await nnt(["predict", join(name, "best.ckpt")], { cwd, stdin: csv });
  return out.trim().split("\n").slice(1).map(Number);
}

test("line recovers the slope 3 and the intercept −2", () => {
  expect(weights("line", "layers.0.weight")[0]).toBeCloseTo(3, 1);
  expect(weights("line", "layers.0.bias")[0]).toBeCloseTo(-2, 1);
});

test("plane recovers five slopes and the intercept", () => {
  for (const [i, slope] of [2, -3, 0.5, -1.5, 4].entries())
    expect(Math.abs(weights("plane", "layers.0.weight")[i]! - slope)).toBeLessThan(0.06);
  expect(Math.abs(weights("plane", "layers.0.bias")[0]! - 1)).toBeLessThan(0.06);
});

test("logistic finds the boundary: hours count 1.2 for, absences 0.8 against, each in its own unit", async () => {
  const [hours, absences] = weights("logistic", "layers.0.weight") as [number, number];
  // In units of standard deviations, which for these two columns are about 2.9 and 2.3.
  expect(hours / absences).toBeCloseTo((1.2 * 2.89) / (-0.8 * 2.29), 0);
  expect(metric("logistic", "roc_auc")).toBeGreaterThan(0.93);
});

test("iris: at least 95 % of the held-out flowers", () => {
  expect(metric("iris", "accuracy")).toBeGreaterThanOrEqual(0.95);
});

test("digits-linear: softmax regression reads nine digits in ten of other writers", () => {
  expect(metric("digits-linear", "accuracy")).toBeGreaterThan(0.88);
});

test("houses: the ReLU network comes near the noise of 8,000, which no linear model does", async () => {
  expect(metric("houses", "rmse")).toBeLessThan(10_500);
  const spec = join(configs, "houses.yaml");
  await nnt(["train", spec, "--out", "linear", "--quiet", "--set", "model.hidden=[]"], { cwd });
  const linear = JSON.parse(readFileSync(join(cwd, "linear", "summary.json"), "utf8")) as Summary;
  expect(linear.metrics.test!.rmse).toBeGreaterThan(13_000);
});

test("two-hidden-layers parts the spirals", () => {
  expect(metric("two-hidden-layers", "accuracy")).toBeGreaterThan(0.97);
});

test.each(["curve-sigmoids", "curve-relus"])("%s follows the curve to within 0.1, noise 0.05", (name) => {
  expect(metric(name, "rmse")).toBeLessThan(0.1);
});

test("identity: four layers of identity activations are one linear model, and the same one", async () => {
  const { tensors } = runs.get("identity")!;
  // x → W₄ (W₃ (W₂ (W₁ x + b₁) + b₂) + b₃) + b₄, in 64 bit, for x = 0 and each unit vector.
  const through = (x: readonly number[]) =>
    [0, 2, 4, 6].reduce<readonly number[]>((input, layer) => {
      const W = tensors.get(`layers.${layer}.weight`)!;
      const b = tensors.get(`layers.${layer}.bias`)!;
      return Array.from({ length: b.length }, (_, i) =>
        input.reduce((sum, value, j) => sum + W[i * input.length + j]! * value, b[i]!),
      );
    }, x)[0]!;
  const intercept = through([0, 0, 0, 0, 0]);
  const slopes = [0, 1, 2, 3, 4].map((j) => through([0, 0, 0, 0, 0].with(j, 1)) - intercept);

  const rows = [
    [1, 2, 3, 4, 5],
    [-0.5, 0.25, 1.5, -2, 0],
    [0.1, -0.2, 0.3, -0.4, 0.5],
  ];
  const csv = `x1,x2,x3,x4,x5\n${rows.map((row) => row.join(",")).join("\n")}\n`;
  const collapsed = rows.map((row) => row.reduce((sum, x, j) => sum + slopes[j]! * x, intercept));
  for (const [i, prediction] of (await predictions("identity", csv)).entries())
    expect(prediction).toBeCloseTo(collapsed[i]!, 4);

  for (const [j, slope] of weights("plane", "layers.0.weight").entries())
    expect(Math.abs(slopes[j]! - slope)).toBeLessThan(0.1);
});

test("deep and wide have equally many parameters, and both part the spirals", () => {
  expect(runs.get("deep")!.summary.parameters).toBe(runs.get("wide")!.summary.parameters);
  expect(metric("deep", "accuracy")).toBeGreaterThan(0.95);
  expect(metric("wide", "accuracy")).toBeGreaterThan(0.9);
});
