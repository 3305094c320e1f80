/** What is said of values filled in and levels unseen. */
import { expect, test } from "vitest";
import { oddities, outliers } from "../../../src/data/preprocessing/oddities.ts";
import type { InputColumn } from "../../../src/data/preprocessing/preprocessing.ts";

const number = (name: string, fill: number): InputColumn => ({
  name,
  type: "number",
  fill,
  missingValues: [],
  indicator: false,
  scaling: { name: "none", center: 0, scale: 1 },
});

test("a column has a sentence of its own, several share one, and what has no oddity is not told", () => {
  const columns = [number("a", 43.5), number("b", 1 / 3), number("c", 0)];
  expect(oddities(columns, [1, 0, 0], [0, 0, 0])).toEqual(['column "a": 1 missing value filled with 43.5']);
  expect(oddities(columns, [1, 2, 0], [0, 0, 0])).toEqual([
    'missing values filled in 2 columns: "a" 1 with 43.5, "b" 2 with 0.333333',
  ]);
  expect(oddities(columns, [0, 0, 0], [0, 0, 0])).toEqual([]);
});

test("of very many columns the first are named and the others counted", () => {
  const columns = Array.from({ length: 784 }, (_, j) => number(`p${j}`, 0));
  const [sentence, ...others] = oddities(
    columns,
    columns.map(() => 3),
    columns.map(() => 0),
  );
  expect(others).toEqual([]);
  expect(sentence).toMatch(/^missing values filled in 784 columns: "p0" 3 with 0, .*, and 764 more$/);
});

test("values outside the training rows' ranges are told where they are more than chance gives, also of strangers' ranges", () => {
  const numbers = { kind: "numbers", missing: 0, edges: [], counts: [99] } as const;
  const said = (type: "number" | "date", [min, max]: [number, number], count: number, rows = 1000) =>
    outliers(
      { rows: 99, columns: { a: { ...numbers, min, max } } },
      [{ type, name: "a" } as InputColumn],
      [count],
      rows,
    );
  expect(said("number", [18, 90.123456], 60)).toEqual([
    'column "a": 60 values outside 18 … 90.1235, where the training rows\' lie',
  ]);
  expect(said("number", [18, 90], 37)).toEqual([]); // 20 of 1000 rows, and four deviations
  expect(said("date", [0, 86_400_000], 1, 1)[0]).toContain("1970-01-01T00:00:00.000Z … 1970-01-02T");
  expect(said("date", [-1e300, 1e300], 1, 1)[0]).toContain("-1e+300 … 1e+300");
});
