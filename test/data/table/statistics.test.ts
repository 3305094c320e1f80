import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fitScaling } from "../../../src/data/preprocessing/scaling.ts";
import {
  atRanks,
  meanAndDeviation,
  median,
  mostFrequent,
  range,
} from "../../../src/data/table/statistics.ts";

const numbers = fc.oneof(
  fc.double({ noNaN: true, min: -1e300, max: 1e300 }),
  fc.integer(),
  fc.constantFrom(0.1, 0.2),
);
const values = fc.array(numbers, { minLength: 1, maxLength: 50 });

test("the median is the middle of the sorted values, missing ones left out", () => {
  fc.assert(
    fc.property(values, fc.array(fc.nat(50)), (present, gaps) => {
      const values = [...present];
      for (const gap of gaps) values.splice(gap % values.length, 0, Number.NaN);
      const sorted = Float64Array.from(present).sort();
      const half = sorted.length / 2;
      const middle = (sorted[Math.floor(half)]! + sorted[Math.ceil(half) - 1]!) / 2;
      expect(median(Float64Array.from(values)) - middle).toBe(0);
    }),
  );
  expect(median(new Float64Array([Number.NaN]))).toBeNaN();
});

test("the numbers at some ranks, and how many are no larger, are those of the sorted ones", () => {
  fc.assert(
    fc.property(values, fc.array(fc.nat(49), { minLength: 1, maxLength: 9 }), (present, places) => {
      const numbers = Float64Array.from(present, (value) => value + 0);
      const sorted = numbers.toSorted();
      const ranks = places.map((place) => place % numbers.length).sort((a, b) => a - b);
      const wanted = ranks.map((rank) => ({
        value: sorted[rank]!,
        upTo: sorted.lastIndexOf(sorted[rank]!) + 1,
      }));
      expect(atRanks(numbers, range(numbers), ranks)).toEqual(wanted);
    }),
  );
});

test("the deviation is the population's, as StandardScaler has it", () => {
  expect(meanAndDeviation([1, 2, Number.NaN, 3, 4])).toEqual({ mean: 2.5, deviation: Math.sqrt(1.25) });
});

test("of several most frequent values it is the smallest", () => {
  expect(mostFrequent([3, 1, 3, Number.NaN, 1, 2])).toBe(1);
});

describe("a scaling", () => {
  test("to mean 0 and deviation 1", () => {
    expect(fitScaling("standard", [2, 4])).toEqual({ name: "standard", center: 3, scale: 1 });
  });
  test("to 0 … 1", () =>
    expect(fitScaling("minmax", [2, 4, 3])).toEqual({ name: "minmax", center: 2, scale: 2 }));
  test("none", () => expect(fitScaling("none", [2, 4])).toEqual({ name: "none", center: 0, scale: 1 }));
  test.each(["standard", "minmax"] as const)("%s only moves a constant column", (name) => {
    const tenth = Math.fround(0.1);
    const { center, scale } = fitScaling(
      name,
      Float32Array.from({ length: 7 }, () => tenth),
    );
    expect(scale).toBe(1);
    expect(center).toBeCloseTo(tenth, 12);
  });
});
