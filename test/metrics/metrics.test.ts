/** Every metric is scikit-learn's number, however the rows are cut into batches. */
import { describe, expect, test } from "vitest";
import { evaluation } from "../../src/metrics/evaluation.ts";
import {
  type AnswerKind,
  betterOf,
  isMetric,
  isUp,
  type MetricName,
  metrics,
  metricsOf,
} from "../../src/metrics/metrics.ts";
import { taskNames, taskOf } from "../../src/tasks/tasks.ts";
import golden from "../golden/metrics.json" with { type: "json" };
import quantiles from "../golden/quantiles.json" with { type: "json" };

describe.each(quantiles.cases)("golden quantiles $quantiles", (golden) => {
  test.each([1, 3, 1000])("in batches of %i rows", (batchSize) => {
    const names = metricsOf("numbers");
    const running = evaluation(names, "numbers", [golden.target[0]!.length], { quantiles: golden.quantiles });
    for (let r = 0; r < golden.target.length; r += batchSize) {
      const of = (rows: number[][]) => Float64Array.from(rows.slice(r, r + batchSize).flat());
      running.add(of(golden.sorted), of(golden.target));
    }
    const { pinball_loss, coverage, mae } = running.result();
    expect(pinball_loss).toBeCloseTo(golden.pinball_loss, 12);
    expect(coverage).toBeCloseTo(golden.coverage, 12);
    const n = golden.quantiles.length;
    const errors = golden.target.flatMap((row, r) =>
      row.map((y, j) => Math.abs(y - golden.sorted[r]![j * n + golden.quantiles.indexOf(0.5)]!)),
    );
    expect(mae).toBeCloseTo(
      errors.reduce((sum, error) => sum + error / errors.length, 0),
      12,
    );
  });
});

test("models that tell no quantiles have no figures of them", () => {
  const running = evaluation(metricsOf("numbers"), "numbers", [1]);
  running.add(Float64Array.of(1), Float64Array.of(2));
  expect(Object.keys(running.result())).not.toContain("pinball_loss");
});

type Nested = number | readonly Nested[];
interface GoldenCase {
  task: "classification" | "regression";
  classes?: number;
  target: Nested;
  probabilities?: Nested;
  prediction?: Nested;
  confusion_matrix?: number[][];
  per_class?: number[][];
  [metric: string]: unknown;
}
const cases = golden.cases as unknown as GoldenCase[];

/** Where the golden file's names are longer than ours. */
const goldenNames: Partial<Record<string, MetricName>> = {
  roc_auc_ovr_macro: "roc_auc",
  rmse_sqrt_of_mse: "rmse",
  r2_uniform_average: "r2",
};
const notMetrics = [
  "task",
  "classes",
  "target",
  "probabilities",
  "prediction",
  "confusion_matrix",
  "per_class",
];
/** Of the first column alone; ours is over all. */
const notComparable = ["max_error_first_column"];

const flat = (values: Nested) => Float64Array.from([values].flat(Infinity as 1) as number[]);

describe.each(cases.map((golden, i) => ({ i, golden })))("golden case $i", ({ golden }) => {
  const wanted = Object.entries(golden).filter(
    ([name]) => !notMetrics.includes(name) && !notComparable.includes(name),
  );
  const targets = flat(golden.target);
  const predictions = flat((golden.probabilities ?? golden.prediction)!);
  const width = golden.classes ?? (golden.target as number[][])[0]!.length;
  const perRow = golden.classes ? 1 : width;
  const { kind } = taskOf(golden.task);

  test.each([1, 7, 1000])("in batches of %i rows", (batchSize) => {
    const running = evaluation(metricsOf(kind), kind, [width]);
    for (let r = 0; r * perRow < targets.length; r += batchSize) {
      running.add(
        predictions.subarray(r * width, (r + batchSize) * width),
        targets.subarray(r * perRow, (r + batchSize) * perRow),
      );
    }
    const result = running.result();
    for (const [name, value] of wanted) {
      const ours = result[goldenNames[name] ?? (name as MetricName)];
      expect(ours, name).toBeCloseTo(value as number, 12);
    }
    if (golden.confusion_matrix) expect(running.confusion()).toEqual(golden.confusion_matrix);
    if (golden.per_class) {
      const scores = running.perClass()!;
      const [precision, recall, f1, support] = golden.per_class;
      scores.forEach((score, c) => {
        expect(score.precision).toBeCloseTo(precision![c]!, 12);
        expect(score.recall).toBeCloseTo(recall![c]!, 12);
        expect(score.f1).toBeCloseTo(f1![c]!, 12);
        expect(score.support).toBe(support![c]!);
      });
    }
  });
});

test("two classes told apart by one probability are measured as by two", () => {
  const golden = cases.find(({ classes }) => classes === 2)!;
  const both = flat(golden.probabilities!);
  const second = both.filter((_, i) => i % 2 === 1);
  const names = metricsOf("class");
  const [one, two] = [evaluation(names, "class", [2]), evaluation(names, "class", [2])];
  one.add(second, flat(golden.target));
  two.add(both, flat(golden.target));
  for (const name of names) expect(one.result()[name], name).toBeCloseTo(two.result()[name]!, 12);
});

describe("labels", () => {
  const running = evaluation(metricsOf("labels"), "labels", [2]);
  // Two labels per row: right, one wrong, both wrong.
  running.add(Float32Array.of(0.9, 0.2, 0.8, 0.6, 0.3, 0.7), Float32Array.of(1, 0, 1, 0, 1, 0));
  const result = running.result();

  test("accuracy asks for all labels of a row, Hamming loss counts each", () => {
    expect(result.accuracy).toBeCloseTo(1 / 3, 12);
    expect(result.hamming_loss).toBeCloseTo(3 / 6, 12);
  });

  test("a label that no row has leaves its area out, and its F1 is 0", () => {
    expect(result.roc_auc).toBeNaN();
    expect(running.perClass()).toMatchObject([
      { precision: 1, recall: 2 / 3, support: 3 },
      { precision: 0, recall: 0, f1: 0, support: 0 },
    ]);
  });
});

describe("several targets of classes", () => {
  const blocks = [2, 3];
  // Four rows: right in both, in the first, in the second, in none.
  const rows = [
    { p: [0.9, 0.1], q: [0.2, 0.7, 0.1], y: [0, 1] },
    { p: [0.3, 0.7], q: [0.5, 0.2, 0.3], y: [1, 2] },
    { p: [0.6, 0.4], q: [0.1, 0.1, 0.8], y: [1, 2] },
    { p: [0.2, 0.8], q: [0.4, 0.5, 0.1], y: [0, 0] },
  ];
  const names = metricsOf("classes");
  const targets = ["p", "q"];
  const measured = (some: typeof rows, batch: number) => {
    const running = evaluation(names, "classes", blocks, { targets, hasIntervals: true });
    for (let r = 0; r < some.length; r += batch) {
      const part = some.slice(r, r + batch);
      running.add(
        Float64Array.from(part.flatMap(({ p, q }) => [...p, ...q])),
        Float64Array.from(part.flatMap(({ y }) => y)),
      );
    }
    return running;
  };
  const alone = (key: "p" | "q", t: number) => {
    const running = evaluation(names, "class", [blocks[t]!]);
    running.add(
      Float64Array.from(rows.flatMap((row) => row[key])),
      Float64Array.from(rows, ({ y }) => y[t]!),
    );
    return running;
  };
  const each = [alone("p", 0), alone("q", 1)];

  test.each([1, 3, 4])("metrics are the means of each target's, in batches of %i rows", (batch) => {
    const result = measured(rows, batch).result();
    for (const name of names.filter((name) => name !== "accuracy")) {
      const [p, q] = each.map((running) => running.result()[name]!);
      expect(result[name], name).toBeCloseTo((p! + q!) / 2, 12);
    }
    expect(result["f1_macro.q"]).toBe(each[1]!.result().f1_macro);
    expect([result["accuracy.p"], result["accuracy.q"]]).toEqual([0.5, 0.5]);
  });

  test("accuracy asks for all targets of a row", () => {
    expect(measured(rows, 4).result()).toMatchObject({ accuracy: 0.25, hamming_loss: 0.5 });
  });

  test("every class of every target has its scores, and figures their intervals", () => {
    const running = measured(rows, 4);
    expect(running.perClass()).toEqual(each.flatMap((one) => one.perClass()!));
    expect(running.confusion()).toBeNull();
    const many = Array.from({ length: 50 }, () => rows).flat();
    const { metrics: intervals, perClass } = measured(many, 7).intervals();
    for (const name of ["accuracy", "accuracy.p", "log_loss.q"]) {
      const [low, high] = intervals[name]!;
      const value = measured(many, 7).result()[name]!;
      expect(low).toBeLessThan(value);
      expect(high).toBeGreaterThan(value);
    }
    expect(perClass).toHaveLength(5);
  });

  test("a figure of one target is as good as the metric is", () => {
    expect(["accuracy.p", "test.accuracy.mse", "log_loss.accuracy", "loss"].map(isUp)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

describe("rare cases", () => {
  const measure = (kind: AnswerKind, width: number, s: number[], y: number[]) => {
    const running = evaluation(metricsOf(kind), kind, [width]);
    running.add(Float64Array.from(s), Float64Array.from(y));
    return running.result();
  };

  test("a class that neither occurs nor is predicted does not count in macro means", () => {
    const result = measure("class", 3, [0.8, 0.2, 0, 0.1, 0.9, 0], [0, 1]);
    expect(result).toMatchObject({ accuracy: 1, f1_macro: 1, balanced_accuracy: 1, roc_auc: 1 });
  });

  test("one class only: correlation and agreement are 0, ROC is undefined", () => {
    const result = measure("class", 2, [0.8, 0.2, 0.7, 0.3], [0, 0]);
    expect(result).toMatchObject({ accuracy: 1, matthews_corrcoef: 0, cohen_kappa: 0, roc_auc: Number.NaN });
  });

  test("equal scores count as half a pair", () => {
    expect(measure("class", 2, [0.5, 0.5, 0.5, 0.5], [0, 1]).roc_auc).toBe(0.5);
  });

  test("a probability of 0 for what happened costs much, but not everything", () => {
    expect(measure("class", 2, [1, 0], [1]).log_loss).toBeCloseTo(34.54, 2);
  });

  test("r2 keeps its digits far from zero, and of a constant is 1 or 0", () => {
    const far = 1e9;
    expect(measure("numbers", 1, [far + 1, far + 2, far + 4], [far + 1, far + 2, far + 3]).r2).toBe(0.5);
    expect(measure("numbers", 1, [2, 2], [2, 2]).r2).toBe(1);
    expect(measure("numbers", 1, [1, 2], [2, 2]).r2).toBe(0);
  });

  test("the median of an even number of errors is between the middle ones", () => {
    expect(measure("numbers", 1, [1, 2, 3, 9], [0, 0, 0, 0]).median_ae).toBe(2.5);
    expect(measure("numbers", 1, [1, 2, 9], [0, 0, 0]).median_ae).toBe(2);
  });

  test("more rows than the first buffer holds are ranked all the same", () => {
    const count = 5000;
    const s = Array.from({ length: count }, (_, i) => i / count);
    const y = Array.from({ length: count }, (_, i) => (i >= count / 2 ? 1 : 0));
    expect(measure("class", 2, s, y)).toMatchObject({ roc_auc: 1, average_precision: 1 });
  });
});

test("errors are better low, scores high", () => {
  const lower = (Object.keys(metrics) as MetricName[]).filter((name) => betterOf(name) === "lower");
  const errors: readonly MetricName[] = [
    "log_loss",
    "brier",
    "expected_calibration_error",
    "hamming_loss",
    "mse",
    "rmse",
    "mae",
    "median_ae",
    "max_error",
  ];
  const scores: readonly MetricName[] = [
    "accuracy",
    "balanced_accuracy",
    "top_2_accuracy",
    "f1_macro",
    "precision_micro",
    "recall_weighted",
    "matthews_corrcoef",
    "cohen_kappa",
    "roc_auc",
    "average_precision",
    "r2",
    "explained_variance",
  ];
  expect(lower).toEqual(expect.arrayContaining([...errors]));
  expect(lower.filter((name) => scores.includes(name))).toEqual([]);
  expect(betterOf("loss")).toBe("lower");
});

test("the default metrics of a task are metrics of that task", () => {
  for (const { kind, metrics, headline, score, ofTraining } of taskNames.map(taskOf))
    expect(metricsOf(kind)).toEqual(expect.arrayContaining([...metrics, headline, score, ...ofTraining]));
  expect(isMetric("toString")).toBe(false);
});
