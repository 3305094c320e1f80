import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type RowSplit, splitOrRefuse, splitRows } from "../../../src/data/dataset/split.ts";

const rowsOf = (n: number) => Int32Array.from({ length: n }, (_, row) => row);
const all = (split: RowSplit) => [...split.train, ...split.validation, ...split.test].sort((a, b) => a - b);

const requests = fc.record({
  n: fc.integer({ min: 20, max: 300 }),
  seed: fc.nat(),
  validation: fc.constantFrom(0, 0.1, 0.25),
  test: fc.constantFrom(0, 0.2, 0.3),
  classes: fc.integer({ min: 1, max: 6 }),
});

describe("a split", () => {
  test("puts every row in one part, in the file's order, ⌈share · n⌉ of them in the test", () => {
    fc.assert(
      fc.property(requests, ({ n, ...request }) => {
        const split = splitRows(rowsOf(n), { ...request, classes: null });
        expect(all(split)).toEqual([...rowsOf(n)]);
        expect(split.test.length).toBe(Math.ceil(request.test * n - 1e-9) + 0);
        for (const part of Object.values(split)) expect([...part]).toEqual([...part].sort((a, b) => a - b));
      }),
    );
  });

  test("by class has every class in every part, in proportion within one row", () => {
    fc.assert(
      fc.property(requests, ({ n, classes: count, ...request }) => {
        const classes = rowsOf(n).map((row) => (row * 7) % count);
        const split = splitRows(rowsOf(n), { ...request, classes });
        expect(all(split)).toEqual([...rowsOf(n)]);
        for (const number of new Set(classes)) {
          const of = (rows: Int32Array) => rows.filter((row) => classes[row] === number).length;
          const exact = (split.test.length * of(rowsOf(n))) / n;
          expect(Math.abs(of(split.test) - exact)).toBeLessThanOrEqual(1);
          expect(of(split.train)).toBeGreaterThan(0);
        }
      }),
    );
  });

  test("by group keeps each group together", () => {
    const groups = rowsOf(200).map((row) => row % 17);
    const split = splitRows(rowsOf(200), { validation: 0.1, test: 0.2, seed: 3, groups });
    const groupsOf = (rows: Int32Array) => new Set(rows.map((row) => groups[row]!));
    const [train, validation, test] = [split.train, split.validation, split.test].map(groupsOf);
    expect(all(split)).toEqual([...rowsOf(200)]);
    expect(train!.size + validation!.size + test!.size).toBe(17);
  });

  test("is the same for the same seed, another for another", () => {
    const split = (seed: number) => splitRows(rowsOf(100), { validation: 0.1, test: 0.2, seed });
    expect(split(1)).toEqual(split(1));
    expect(split(1)).not.toEqual(split(2));
  });

  test("that leaves a part empty is refused", () => {
    const refuse = () => splitOrRefuse(rowsOf(1), { validation: 0, test: 0.2, seed: 0 });
    expect(refuse).toThrow("1 rows leave none for the train split");
  });
});
