/** Curves from counted scores against the exact areas of every score. */
import { expect, test } from "vitest";
import { Ranking } from "../../src/metrics/ranking.ts";
import { Calibration } from "../../src/metrics/reliability.ts";
import { ScoreCurves } from "../../src/metrics/scoreCurves.ts";

/** Scores of every size, those of positive rows higher on average. */
const rows = Array.from({ length: 3000 }, (_, i) => {
  const isPositive = i % 3 === 0;
  const logit = 9 * Math.sin(i * 12.9898) + (isPositive ? 2.5 : -1);
  return { score: 1 / (1 + Math.exp(-logit)), isPositive };
});

test("areas agree with exact ones to three digits", () => {
  const counted = new ScoreCurves();
  const exact = new Ranking();
  for (const { score, isPositive } of rows) {
    counted.add(score, isPositive);
    exact.add(score, isPositive);
  }
  const { rocArea, averagePrecision } = counted.curves();
  expect(rocArea).toBeCloseTo(exact.rocArea(), 3);
  expect(averagePrecision).toBeCloseTo(exact.averagePrecision(), 2.5);
});

test("a curve goes from corner to corner in few points that never go back", () => {
  const counted = new ScoreCurves();
  for (const { score, isPositive } of rows) counted.add(score, isPositive);
  const { roc, precisionRecall } = counted.curves();
  expect(roc!.length).toBeLessThan(420);
  expect([roc![0], roc!.at(-1)]).toEqual([[0, 0], [1, 1]]); // biome-ignore format: one line
  for (const [i, [x, y]] of roc!.slice(1).entries()) {
    expect(x).toBeGreaterThanOrEqual(roc![i]![0]);
    expect(y).toBeGreaterThanOrEqual(roc![i]![1]);
  }
  expect(precisionRecall!.at(-1)![0]).toBe(1);
});

test("scores of exactly 0, ½ and 1 are in order, and ties count half", () => {
  const counted = new ScoreCurves();
  for (const [score, isPositive] of [[0, false], [0.5, true], [0.5, false], [1, true]] as const) // biome-ignore format: one line
    counted.add(score, isPositive);
  expect(counted.curves().rocArea).toBe(3.5 / 4);
});

test("without rows on both sides there is no curve", () => {
  const counted = new ScoreCurves();
  counted.add(0.7, true);
  expect(counted.curves()).toMatchObject({ roc: null, rocArea: null, averagePrecision: 1 });
});

test("probabilities that come true as often as they say have no calibration error", () => {
  const calibration = new Calibration();
  for (let i = 0; i < 100; i++) calibration.add(0.25, i % 4 === 0);
  expect(calibration.bins()).toEqual([{ said: 0.25, true: 0.25, rows: 100 }]);
  expect(calibration.error()).toBe(0);
});
