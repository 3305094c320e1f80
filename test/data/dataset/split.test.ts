import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type RowSplit, splitOrRefuse, splitRows } from "../../../src/data/dataset/split.ts";

const rowsOf = (n: number) => Int32Array.from({ length: n }, (_, row) => row);
/** A number for each row, as different rows have. */
const hashesOf = (n: number, first = 0) =>
  Float64Array.from({ length: n }, (_, row) => (first + row) * 7919 + 3);
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
      fc.property(requests, ({ n, classes: _, ...request }) => {
        const split = splitRows(rowsOf(n), { ...request, hashes: hashesOf(n) });
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
        const split = splitRows(rowsOf(n), { ...request, hashes: hashesOf(n), classes });
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
    const split = splitRows(rowsOf(200), {
      validation: 0.1,
      test: 0.2,
      seed: 3,
      hashes: hashesOf(200),
      groups,
    });
    const groupsOf = (rows: Int32Array) => new Set(rows.map((row) => groups[row]!));
    const [train, validation, test] = [split.train, split.validation, split.test].map(groupsOf);
    expect(all(split)).toEqual([...rowsOf(200)]);
    expect(train!.size + validation!.size + test!.size).toBe(17);
  });

  test("is the same for the same seed, another for another", () => {
    const split = (seed: number) =>
      splitRows(rowsOf(100), { validation: 0.1, test: 0.2, seed, hashes: hashesOf(100) });
    expect(split(1)).toEqual(split(1));
    expect(split(1)).not.toEqual(split(2));
  });

  test("that leaves a part empty is refused", () => {
    const refuse = () => splitOrRefuse(rowsOf(1), { validation: 0, test: 0.2, seed: 0, hashes: [1] });
    expect(refuse).toThrow("1 rows leave none for the train split");
  });
});

describe("sorted, added or deleted rows leave the others in their splits", () => {
  const n = 600;
  const labels = (hashes: Float64Array) => hashes.map((hash) => Math.floor(hash / 7919) % 3);
  /** The hashes of each split's rows. */
  const split = (hashes: Float64Array, by: "nothing" | "class" | "group" | "time", seed = 0) => {
    const own = {
      nothing: {},
      class: { classes: labels(hashes) },
      group: { groups: hashes.map((hash) => Math.floor(hash / 7919 / 5)) },
      time: { times: hashes.map((hash) => Math.floor(hash / 7919 / 50)) },
    }[by];
    const parts = splitRows(rowsOf(hashes.length), { validation: 0.1, test: 0.2, seed, hashes, ...own });
    const of = (rows: Int32Array) => new Set(Array.from(rows, (row) => hashes[row]!));
    return { train: of(parts.train), validation: of(parts.validation), test: of(parts.test) };
  };
  const shuffled = hashesOf(n).sort((a, b) => ((a * 31) % 1009) - ((b * 31) % 1009));
  const changed: readonly (readonly [string, Float64Array, number])[] = [
    ["in another order", shuffled, 0],
    ["without the first", hashesOf(n - 1, 1), 2],
    ["without thirty", hashesOf(n - 30, 30), 20],
    ["with thirty more", hashesOf(n + 30), 20],
  ];
  test.each(changed)("%s", (_, hashes, most) => {
    for (const by of ["nothing", "class", "group", "time"] as const) {
      for (let seed = 0; seed < 20; seed++) {
        const [before, now] = [split(hashesOf(n), by, seed), split(hashes, by, seed)];
        const present = new Set(hashes);
        const moved = [...now.test].filter((hash) => hash < n * 7919 && !before.test.has(hash)).length;
        const gone = [...before.test].filter((hash) => present.has(hash) && !now.test.has(hash)).length;
        // Times are ordered: what is later belongs to the test.
        if (by !== "time" || most === 0) expect(Math.max(moved, gone)).toBeLessThanOrEqual(most);
        if (by !== "time") expect([...now.test].filter((hash) => before.train.has(hash))).toEqual([]);
      }
    }
  });

  test("and rows of one content are dealt one by one, their number deciding how many go where", () => {
    const hashes = Float64Array.from({ length: 1000 }, (_, row) => (row % 4) + 1);
    const { test } = splitRows(rowsOf(1000), { validation: 0, test: 0.2, seed: 0, hashes });
    for (const hash of [1, 2, 3, 4]) {
      const copies = test.filter((row) => hashes[row] === hash).length;
      expect(copies).toBeGreaterThan(25);
      expect(copies).toBeLessThan(75);
    }
  });
});
