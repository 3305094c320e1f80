/** What is fitted on validation rows keeps its promise on others: temperature, thresholds, coverage. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { conformalOf, reachOf } from "../../src/data/preprocessing/calibration.ts";
import { Calibrator, temperatureOf } from "../../src/evaluate/calibrator.ts";
import { bestThreshold } from "../../src/metrics/threshold.ts";
import { randomUniform, streamKey } from "../../src/support/random.ts";
import { run } from "../cli/host.ts";
import { folder, put } from "../cli/program.ts";

const directory = folder();
const path = (name: string) => join(directory, name);
const root = resolve(import.meta.dirname, "../..");
const key = streamKey(1, "split");

async function train(name: string, spec: string, ...more: string[]): Promise<string> {
  put(directory, { [`${name}.yaml`]: spec });
  const ran = await run(["train", path(`${name}.yaml`), "--out", path(name), "--quiet", ...more]);
  expect(ran.code).toBe(0);
  return path(`${name}/best.ckpt`);
}

describe("temperature", () => {
  test.each([0.5, 1, 3])("logits that are %f times too large are divided by it", (T) => {
    const n = 4000;
    const z = Float64Array.from({ length: n }, (_, i) => 6 * randomUniform(key, 2 * i) - 3);
    const y = z.map((value, i) => (randomUniform(key, 2 * i + 1) < 1 / (1 + Math.exp(-value)) ? 1 : 0));
    const tooLarge = z.map((value) => T * value);
    expect(temperatureOf(tooLarge, y, 1, "sigmoid") / T).toBeCloseTo(1, 0.8);
    const both = Float64Array.from({ length: 2 * n }, (_, i) => (i % 2 === 1 ? tooLarge[i >> 1]! : 0));
    expect(temperatureOf(both, y, 2, "softmax")).toBeCloseTo(temperatureOf(tooLarge, y, 1, "sigmoid"), 6);
  });
});

test("of more rows than are kept, every second one tells how far off answers are", () => {
  const target = {
    task: "regression",
    columns: [{ name: "y", scaling: { name: "none", center: 0, scale: 1 } }],
    link: "identity",
  } as const;
  const calibrator = new Calibrator({ inputs: { kind: "columns", columns: [] }, target }, 100);
  const errors = Array.from({ length: 180 }, (_, row) => row % 2);
  for (let first = 0; first < 180; first += 45) {
    const targets = Float64Array.from(errors.slice(first, first + 45));
    calibrator.see(targets, targets, first, new Float64Array(45));
  }
  const { conformal } = calibrator.fit({ temperature: false, threshold: null, conformal: true });
  expect(reachOf(conformal!, 0.9).distances).toEqual([0]); // odd rows are those that are off
});

describe("a threshold", () => {
  const p = Float64Array.of(0.1, 0.2, 0.3, 0.35, 0.4, 0.9);
  const y = Float64Array.of(0, 0, 1, 0, 1, 1);

  test("is where the metric is best", () => {
    expect(bestThreshold("balanced_accuracy", p, y, false)).toBeCloseTo(0.375, 12);
    expect(bestThreshold("f1_macro", p, y, true)).toBeCloseTo(0.25, 12);
    expect(bestThreshold("hamming_loss", p, y, true)).toBeCloseTo(0.375, 12);
  });

  test("is ½ where that is as good as any", () => {
    const clear = Float64Array.of(0.1, 0.2, 0.8, 0.9);
    expect(bestThreshold("accuracy", clear, Float64Array.of(0, 0, 1, 1), false)).toBe(0.5);
  });
});

describe("conformal scores", () => {
  test("reach so far that a new one is within, with the probability asked for", () => {
    const scores = Float64Array.from({ length: 99 }, (_, i) => 99 - i);
    expect(reachOf(conformalOf([scores]), 0.9).distances).toEqual([90]);
    expect(() => reachOf(conformalOf([scores]), 0.995)).toThrow(/99 validation rows are too few/);
  });

  test("of very many rows promise no less", () => {
    const conformal = conformalOf([Float64Array.from({ length: 2500 }, (_, i) => i + 1)]);
    expect(conformal.scores[0]!.length).toBeLessThanOrEqual(1000);
    expect(reachOf(conformal, 0.9).distances[0]).toBeGreaterThanOrEqual(Math.ceil(2501 * 0.9));
  });
});

const data = (name: string) => JSON.stringify(join(root, "data", name));

describe("on real tables", () => {
  let churn: string;
  let houses: string;

  beforeAll(async () => {
    churn = await train(
      "churn",
      `data: { path: ${data("churn.csv")}, target: status, columns: { customer: id }, split: { validation: 0.3, test: 0.3 } }
model: { hidden: [8] }
optimizer: { name: adam, lr: 0.01 }
train: { epochs: 4, batch_size: 64 }
calibration: { temperature: true, threshold: f1_macro }
`,
    );
    houses = await train(
      "houses",
      `data: { path: ${data("houses.csv")}, target: price, split: { validation: 0.3, test: 0.4 } }
model: { hidden: [16] }
optimizer: { name: adam, lr: 0.02 }
train: { epochs: 10 }
`,
    );
  }, 60_000);

  test("about nine of ten true prices lie in intervals of 0.9, fitted when asked for", async () => {
    const table = readFileSync(join(root, "data/houses.csv"), "utf8");
    const ran = await run(["predict", houses, "--interval", "0.9", "--keep", "price"], { stdin: table });
    const rows = ran.out
      .trim()
      .split("\n")
      .map((line) => line.split(","));
    expect(rows[0]).toEqual(["price", "prediction", "lower", "upper"]);
    const covered = rows
      .slice(1)
      .filter(([y, , low, high]) => Number(low) <= Number(y) && Number(y) <= Number(high));
    const coverage = covered.length / (rows.length - 1);
    expect(coverage).toBeGreaterThan(0.86);
    expect(coverage).toBeLessThan(0.95);
  });

  test.each([
    ["deviation", "gaussian_nll", ["sd"]],
    [
      "quantiles",
      "{ name: quantile, quantiles: [0.1, 0.5, 0.9] }",
      ["0.1", "0.5", "0.9"].map((q) => `quantile_${q}`),
    ],
  ])(
    "about nine of ten true prices lie in intervals that go by the %s of the row",
    async (name, loss, told) => {
      const model = await train(
        name,
        `data: { path: ${data("houses.csv")}, target: price, split: { validation: 0.3, test: 0.4 } }
model: { hidden: [16] }
loss: ${loss}
optimizer: { name: adam, lr: 0.02 }
train: { epochs: 10 }
calibration: { conformal: true }
`,
      );
      const table = readFileSync(join(root, "data/houses.csv"), "utf8");
      const ran = await run(["predict", model, "--interval", "0.9", "--keep", "price"], { stdin: table });
      const [header, ...rows] = ran.out
        .trim()
        .split("\n")
        .map((line) => line.split(","));
      expect(header).toEqual(["price", "prediction", ...told, "lower", "upper"]);
      const ends = rows.map(
        (row) => [row[0]!, row.at(-2)!, row.at(-1)!].map(Number) as [number, number, number],
      );
      const coverage = ends.filter(([y, low, high]) => low <= y && y <= high).length / rows.length;
      expect(coverage).toBeGreaterThan(0.85);
      expect(coverage).toBeLessThan(0.95);
      const widths = ends.map(([, low, high]) => high - low).sort((a, b) => a - b);
      expect(widths.at(-1)! / widths[0]!).toBeGreaterThan(1.2);
    },
    60_000,
  );

  test("about nine of ten customers' states are in sets of 0.9, which name the prediction", async () => {
    const table = readFileSync(join(root, "data/churn.csv"), "utf8");
    const argv = ["predict", churn, "--interval", "0.9", "--keep", "status", "--to", "jsonl"];
    const ran = await run(argv, { stdin: table });
    const rows = ran.out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const coverage = rows.filter((row) => row.prediction_set.includes(row.status)).length / rows.length;
    expect(coverage).toBeGreaterThan(0.87);
    expect(rows.every((row) => row.prediction_set.includes(row.prediction))).toBe(true);
  });

  test("eval and predict say yes above the threshold in the model, and the summary has eval's figures", async () => {
    const { out } = await run(["eval", churn, "--json"]);
    const summary = JSON.parse(readFileSync(path("churn/summary.json"), "utf8"));
    const { metrics } = JSON.parse(out);
    for (const [name, value] of Object.entries(summary.metrics.test as Record<string, number>))
      expect(metrics[name], name).toBeCloseTo(value, 9);
    const table = readFileSync(join(root, "data/churn.csv"), "utf8");
    const answers = await run(["predict", churn, "--proba", "--to", "jsonl"], { stdin: table });
    const rows = answers.out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const stayed = rows.filter((row) => row.prediction === "stayed").map((row) => row.probabilities.stayed);
    const left = rows.filter((row) => row.prediction === "left").map((row) => row.probabilities.stayed);
    expect(Math.min(...stayed)).toBeGreaterThanOrEqual(Math.max(...left));
    expect(Math.max(...left)).not.toBeCloseTo(0.5, 1); // few leave: the best F1 is not at ½
  });
});

test("a spec that asks for what the data does not have is refused before it is trained", async () => {
  const spec = `data: { path: ${data("iris.csv")}, target: species }\ncalibration: { threshold: accuracy }\n`;
  put(directory, { "iris.yaml": spec });
  const ran = await run(["train", path("iris.yaml"), "--out", path("iris"), "--quiet"]);
  expect(ran.code).toBe(2);
  expect(ran.err).toMatch(/calibration\.threshold: there are not two classes/);
});
