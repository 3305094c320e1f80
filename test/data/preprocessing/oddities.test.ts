/** What is said of values filled in and levels unseen. */
import { expect, test } from "vitest";
import { oddities } from "../../../src/data/preprocessing/oddities.ts";
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
