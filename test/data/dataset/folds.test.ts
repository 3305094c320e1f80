/** Parts of a cross-validation: every row in one, equally large, classes in proportion, groups whole. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { foldNumbers } from "../../../src/data/dataset/folds.ts";
import { allRows, splitPool } from "../../../src/data/dataset/split.ts";

const rows = (n: number) => Int32Array.from({ length: n }, (_, row) => row);
const hashesOf = (n: number) => Float64Array.from({ length: n }, (_, row) => row * 7919 + 3);
const sizes = (numbers: Int32Array, folds: number) =>
  Array.from({ length: folds }, (_, fold) => numbers.filter((number) => number === fold).length);
const spread = (counts: readonly number[]) => Math.max(...counts) - Math.min(...counts);

const requests = fc.record({
  n: fc.integer({ min: 20, max: 300 }),
  folds: fc.integer({ min: 2, max: 10 }),
  seed: fc.nat(),
  classes: fc.integer({ min: 1, max: 6 }),
});

describe("folds", () => {
  test("differ by at most a row of each class, and without classes by at most a row", () => {
    fc.assert(
      fc.property(requests, ({ n, folds, seed, classes: count }) => {
        const classes = rows(n).map((row) => ((row * row) % 11) % count);
        const numbers = foldNumbers({ folds, seed, hashes: hashesOf(n), classes });
        for (const label of new Set(classes)) {
          const ofClass = numbers.filter((_, row) => classes[row] === label);
          expect(spread(sizes(ofClass, folds))).toBeLessThanOrEqual(1);
        }
        expect(spread(sizes(foldNumbers({ folds, seed, hashes: hashesOf(n) }), folds))).toBeLessThanOrEqual(
          1,
        );
      }),
    );
  });

  test("keep groups whole, and classes in proportion", () => {
    const groups = rows(400).map((row) => row % 40);
    const classes = groups.map((group) => (group % 4 === 0 ? 1 : 0));
    const numbers = foldNumbers({ folds: 5, seed: 1, hashes: hashesOf(400), groups, classes });
    for (const group of new Set(groups))
      expect(new Set(numbers.filter((_, row) => groups[row] === group)).size).toBe(1);
    const ofClass = (label: number) => numbers.filter((_, row) => classes[row] === label);
    expect(sizes(ofClass(0), 5)).toEqual([60, 60, 60, 60, 60]);
    expect(sizes(ofClass(1), 5)).toEqual([20, 20, 20, 20, 20]);
  });

  test("are the same for the same seed, others for another", () => {
    const parts = (seed: number) => foldNumbers({ folds: 5, seed, hashes: hashesOf(100) });
    expect(parts(1)).toEqual(parts(1));
    expect(parts(1)).not.toEqual(parts(2));
  });
});

describe("folds by time", () => {
  const cases = fc.record({
    times: fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 30, maxLength: 120 }),
    of: fc.integer({ min: 2, max: 5 }),
    seed: fc.nat(),
  });
  const part = (times: readonly number[], number: number, of: number, seed: number, validation = 0) =>
    splitPool(
      rows(times.length),
      { validation, test: 0, seed, hashes: hashesOf(times.length), times },
      { number, of },
    );

  test("are equally large, none in two of them, each later than all rows that its model learns from", () => {
    fc.assert(
      fc.property(cases, ({ times, of, seed }) => {
        fc.pre(
          new Set(times.toSorted((a, b) => a - b).slice(0, Math.floor(times.length / (of + 1)))).size > 1,
        );
        const parts = Array.from({ length: of }, (_, fold) => part(times, fold + 1, of, seed));
        const tested = parts.flatMap(({ test }) => [...test]);
        expect(new Set(tested).size).toBe(of * Math.floor(times.length / (of + 1)));
        expect(new Set(parts.map(({ test }) => test.length)).size).toBe(1);
        for (const { train, test } of parts) {
          const first = Math.min(...test.map((row) => times[row]!));
          expect(Math.max(...train.map((row) => times[row]!))).toBeLessThan(first);
          expect(train).toHaveLength(times.filter((time) => time < first).length);
        }
      }),
    );
  });

  test("validate on the latest of the earlier rows", () => {
    const times = Array.from({ length: 60 }, (_, at) => (at * 7) % 60);
    const { train, validation, test } = part(times, 3, 5, 0, 0.2);
    const when = (of: Int32Array) => [...of].map((row) => times[row]!).sort((a, b) => a - b);
    const upTo = (first: number, end: number) => Array.from({ length: end - first }, (_, at) => first + at);
    expect([when(train), when(validation), when(test)]).toEqual([upTo(0, 24), upTo(24, 30), upTo(30, 40)]);
  });

  test("are refused where the first would have nothing to learn from", () => {
    expect(() => part(new Array(40).fill(1), 1, 3, 0)).toThrow(/40 rows leave/);
  });
});

test("a row more or less leaves nearly all others in their folds, in whatever order they are", () => {
  const hashes = hashesOf(500);
  const classes = (of: Float64Array) => of.map((hash) => Math.floor(hash / 7919) % 3);
  const folds = (of: Float64Array) => {
    const numbers = foldNumbers({ folds: 5, seed: 0, hashes: of, classes: classes(of) });
    return new Map(Array.from(of, (hash, row) => [hash, numbers[row]!]));
  };
  const before = folds(hashes);
  const moved = (of: Float64Array) =>
    [...folds(of)].filter(([hash, part]) => before.get(hash) !== part).length;
  expect(moved(hashes.toReversed())).toBe(0);
  expect(moved(hashes.subarray(1))).toBeLessThanOrEqual(15);
  expect(moved(Float64Array.from([...hashes, 1]))).toBeLessThanOrEqual(15);
});

describe("the split of one fold", () => {
  const split = (number: number, shares = { validation: 0, test: 0 }) =>
    splitPool(allRows(100), { ...shares, seed: 0, hashes: hashesOf(100) }, { number, of: 4 });

  test("tests on its part and trains on the others", () => {
    const tested = [1, 2, 3, 4].flatMap((number) => [...split(number).test]);
    expect(tested.sort((a, b) => a - b)).toEqual([...rows(100)]);
    const { train, test } = split(2);
    expect([...train, ...test].sort((a, b) => a - b)).toEqual([...rows(100)]);
  });

  test("leaves out the rows kept for the test, in every fold", () => {
    const shares = { validation: 0.1, test: 0.2 };
    const kept = new Set(splitPool(allRows(100), { ...shares, seed: 0, hashes: hashesOf(100) }, null).test);
    for (const number of [1, 2, 3, 4]) {
      const { train, validation, test } = split(number, shares);
      expect([...train, ...validation, ...test].filter((row) => kept.has(row))).toEqual([]);
      expect([train.length, validation.length, test.length]).toEqual([54, 6, 20]);
    }
  });

  test("is refused where a part would be empty", () => {
    const refuse = () =>
      splitPool(allRows(3), { validation: 0, test: 0, seed: 0, hashes: hashesOf(3) }, { number: 4, of: 4 });
    expect(refuse).toThrow("3 rows leave none for part 4 of 4");
  });
});
