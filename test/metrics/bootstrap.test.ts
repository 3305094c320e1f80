/** Intervals say how far figures would move with other rows; and large test sets do not fill the memory. */
import { describe, expect, test } from "vitest";
import { evaluation } from "../../src/metrics/evaluation.ts";
import { type AnswerKind, type MetricName, metricsOf } from "../../src/metrics/metrics.ts";
import { Ranking } from "../../src/metrics/ranking.ts";
import { Calibration } from "../../src/metrics/reliability.ts";
import { randomNormal, randomUniform, streamKey } from "../../src/support/random.ts";

const key = (set: number) => streamKey(set, "split");
const start = (names: readonly MetricName[], kind: AnswerKind, width: number) =>
  evaluation(names, kind, [width], { hasIntervals: true });

/** Errors of standard deviation 1 around predictions of 0. */
function errors(set: number, rows: number, names: readonly MetricName[] = ["mae", "max_error"]) {
  const running = start(names, "numbers", 1);
  running.add(
    new Float64Array(rows),
    Float64Array.from({ length: rows }, (_, i) => randomNormal(key(set), i)),
  );
  return running;
}

/** A class that is right with probability 0.8, given as 0.8. */
function answers(set: number, rows: number, names: readonly MetricName[]) {
  const running = start(names, "class", 2);
  const isRight = Float64Array.from({ length: rows }, (_, i) => (randomUniform(key(set), i) < 0.8 ? 1 : 0));
  running.add(new Float64Array(rows).fill(0.8), isRight);
  return running;
}

test.each([400, 1000, 20_000])("a mean over %i rows has the interval of its standard error", (rows) => {
  const [low, high] = errors(1, rows).intervals().metrics.mae!;
  const ofAbsolute = Math.sqrt(1 - 2 / Math.PI); // standard deviation of |e|
  expect((high - low) / (2 * 1.96 * (ofAbsolute / Math.sqrt(rows)))).toBeCloseTo(1, 0.5);
});

test("of forty test sets, nearly all have the truth within the interval, and not all by being wide", () => {
  let [covered, width] = [0, 0];
  for (let set = 1; set <= 40; set++) {
    const [low, high] = errors(set, 100, ["rmse"]).intervals().metrics.rmse!;
    if (low <= 1 && 1 <= high) covered++;
    width += (high - low) / 40;
  }
  expect(covered).toBeGreaterThanOrEqual(34);
  expect(width).toBeLessThan(0.32); // 2 · 1.96 · 1/√(2 · 100) is 0.28
});

test("the figure lies in its interval, and equal rows have equal intervals in any batches", () => {
  const names = metricsOf("class");
  const whole = start(names, "class", 3);
  const parts = start(names, "class", 3);
  const p = Float64Array.from({ length: 900 }, (_, i) => 0.1 + randomUniform(key(1), i));
  for (let r = 0; r < 300; r++) {
    const row = p.subarray(3 * r, 3 * r + 3);
    const total = row[0]! + row[1]! + row[2]!;
    for (let c = 0; c < 3; c++) row[c]! /= total;
  }
  const targets = Float64Array.from({ length: 300 }, (_, r) => {
    const row = p.subarray(3 * r, 3 * r + 3);
    const likeliest = row.indexOf(Math.max(...row));
    return r % 3 === 0 ? (likeliest + 1) % 3 : likeliest;
  });
  whole.add(p, targets);
  for (let r = 0; r < 300; r += 7) parts.add(p.subarray(3 * r, 3 * (r + 7)), targets.subarray(r, r + 7));
  expect(parts.intervals()).toEqual(whole.intervals());
  const figures = whole.result();
  for (const [name, [low, high]] of Object.entries(whole.intervals().metrics)) {
    const value = figures[name as keyof typeof figures]!;
    expect(low, name).toBeLessThan(high + 1e-12);
    expect(value, name).toBeGreaterThanOrEqual(low - 1e-12);
    expect(value, name).toBeLessThanOrEqual(high + 0.02); // errors of calibration are smallest on all rows
  }
  expect(whole.intervals().perClass).toHaveLength(3);
});

test("the largest of all errors has no interval, and no area either where there is one class", () => {
  expect(errors(1, 50).intervals().metrics).not.toHaveProperty("max_error");
  const running = start(["roc_auc", "accuracy"], "class", 2);
  running.add(Float64Array.of(0.9, 0.2, 0.8), Float64Array.of(1, 1, 1));
  expect(Object.keys(running.intervals().metrics)).toEqual(["accuracy"]);
});

describe("calibration", () => {
  test("the error is the mean distance of what was said from what came, by rows", () => {
    const calibration = new Calibration();
    for (const [p, came] of [
      [0.95, true],
      [0.95, true],
      [0.85, false],
      [0.05, false],
    ] as const)
      calibration.add(p, came);
    expect(calibration.error()).toBeCloseTo((2 * 0.05 + 0.85 + 0.05) / 4, 12);
  });

  test("probabilities that are right have hardly any", () => {
    expect(
      answers(1, 20_000, ["expected_calibration_error"]).result().expected_calibration_error,
    ).toBeLessThan(0.01);
  });
});

test("areas over more scores than are kept agree with those of all to five digits", () => {
  const rows = 2 ** 20 + 2 ** 18;
  const ranking = new Ranking();
  // Scores that rise with the row, and positives whose share rises with it: the area is known.
  let [wins, negatives, positives] = [0, 0, 0];
  for (let i = 0; i < rows; i++) {
    const share = (i + 0.5) / rows;
    const isPositive = randomUniform(key(1), i) < share;
    ranking.add(share, isPositive);
    if (isPositive) {
      wins += negatives;
      positives++;
    } else negatives++;
  }
  expect(ranking.rocArea()).toBeCloseTo(wins / positives / negatives, 5);
});
