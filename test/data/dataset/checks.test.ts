/** What is said of data before training, and when it is too much for `strict`. */

import { expect, test } from "vitest";
import type { CsvDataSpec } from "../../../src/config/schema.ts";
import { loadDataset } from "../../../src/data/dataset/load.ts";
import { asUsual } from "../../../src/data/formats/notation.ts";
import { profileTable } from "../../../src/data/table/profile.ts";
import { readTable } from "../../../src/data/table/readTable.ts";
import { columnSpec, csvSpec, temporaryFiles } from "../support.ts";

const file = temporaryFiles();
let files = 0;

/** Warnings about 200 rows, made of columns by their row numbers, that are split 6 : 2 : 2. */
async function warningsOf(
  columns: Record<string, (row: number) => string | number>,
  fields: Partial<CsvDataSpec> = {},
) {
  const names = Object.keys(columns);
  const rows = Array.from({ length: 200 }, (_, row) => names.map((name) => columns[name]!(row)).join(","));
  const path = file(`t${files++}.csv`, [names.join(","), ...rows].join("\n"));
  const split = { validation: 0.2, test: 0.2, stratify: null, seed: null, fold: null };
  const spec = csvSpec({ path: [path], target: ["y"], split, ...fields });
  const load = (strict: boolean) => loadDataset(spec, { seed: 0, baseDirectory: ".", strict });
  const { warnings } = await load(false);
  if (warnings.length === 0) await load(true);
  else await expect(load(true)).rejects.toThrow(warnings[0]);
  return warnings;
}

/** Without any pattern, different for each row. */
const noise = (row: number, salt = 1) => ((row + 1) * 7919 * salt + ((row * row) % 131) * 104_729) % 10_007;
const x = (row: number) => noise(row) / 100;
const y = (row: number) => (noise(row, 3) % 2 ? "a" : "b");

test("nothing, if there is nothing to say", async () => {
  expect(await warningsOf({ x, y })).toEqual([]);
});

test("columns of one value", async () => {
  expect(await warningsOf({ x, c: () => 3, d: () => "k", y })).toEqual([
    '2 columns hold one value in all training rows: "c", "d"',
  ]);
});

test("columns that count the rows, in order or not", async () => {
  expect(await warningsOf({ x, n: (row) => row + 1, m: (row) => row * 10, y })).toEqual([
    '2 columns count the rows: "n", "m"; as an id, ignore it',
  ]);
});

test("numbers so long that several become one", async () => {
  const long = (row: number) => `90071992547409${93_000 + ((7 * row) % 1000)}`;
  expect(await warningsOf({ x, long, charge: (row) => 1e17 * noise(row, 5), y })).toEqual([
    'a column holds whole numbers beyond 2^53, some of which become one: "long"; as an id, ignore it, or make it a category',
  ]);
});

test("columns that tell the class by themselves: by their levels, or by a range of numbers", async () => {
  const warnings = await warningsOf({
    x,
    code: (row) => `code ${y(row)}`,
    late: (row) => (y(row) === "a" ? 100 + x(row) / 1000 : x(row)),
    y,
  });
  expect(warnings).toEqual([
    '2 columns tell the target by themselves: "code" 100 %, "late" 100 %; is it known before the target is?',
  ]);
});

test("a column that is the quantity to predict in another unit", async () => {
  const columns = { x, twin: (row: number) => 3 * noise(row, 5) + 2, y: (row: number) => noise(row, 5) / 10 };
  expect(await warningsOf(columns)).toEqual([
    // Cut at quantiles: of which rows, chance decides.
    expect.stringMatching(
      /^a column tells the target by itself: "twin" (99\.\d|100) %; is it known before the target is\?$/,
    ),
  ]);
});

test("rows for measuring that were trained on, too", async () => {
  const [warning, ...others] = await warningsOf({ x: (row) => x(row % 100), y: (row) => y(row % 100) });
  expect(warning).toMatch(
    /^\d+ of 40 validation rows \(\d+ %\) are in the training rows, too, input and target/,
  );
  expect(others[0]).toMatch(/^\d+ of 40 test rows/);
});

test("classes of few rows, and one of most", async () => {
  expect(await warningsOf({ x, y: (row) => (row < 6 ? "rare" : "usual") })).toEqual([
    'a class has fewer than 5 training rows: "rare" 4',
    'class "usual" has 97 % of the training rows: look at f1_macro or roc_auc, not at accuracy',
  ]);
});

test("a number that may stand for a missing value: repeated, and far from the others", async () => {
  const warnings = await warningsOf({
    x,
    height: (row) => (row % 9 === 4 ? -999 : 150 + (noise(row, 7) % 40)),
    once: (row) => (row === 0 ? 9999 : noise(row, 11) % 90),
    flag: (row) => noise(row, 13) % 2,
    grade: (row) => [0, 2, 3][noise(row, 19) % 3]!,
    tail: (row) => Math.round(Math.exp((noise(row, 17) % 100) / 10)),
    y,
  });
  expect(warnings).toEqual([
    expect.stringMatching(
      /^column "height" holds -999 in \d+ training rows and 15\d … 18\d in the others: if it is a missing value, columns: \{ "height": \{ missing_values: \["-999"\] \} \}$/,
    ),
  ]);
});

test("the same in the target", async () => {
  const warnings = await warningsOf({ x, y: (row) => (row % 9 === 4 ? 0 : 150 + (noise(row, 7) % 40)) });
  expect(warnings).toEqual([
    expect.stringMatching(/^column "y" holds 0 .*: \{ "y": \{ missing_values: \["0"\], missing: drop \} \}$/),
  ]);
});

test("what is mostly missing", async () => {
  const warnings = await warningsOf({ x, gone: (row) => (row % 5 ? "" : x(row)), y });
  expect(warnings[0]).toMatch(/^a column is missing more often than not: "gone" \d\d %$/);
  expect(warnings[1]).toBe(
    'column "gone": 160 missing values filled with 50.44'.replace("50.44", warnings[1]!.split(" ").at(-1)!),
  );
});

test("large numbers that are not scaled", async () => {
  const columns = { salary: columnSpec({ scale: "none" }) };
  const warnings = await warningsOf({ x, salary: (row) => 1000 * x(row), y }, { columns });
  expect(warnings[0]).toMatch(/^a column is large and not scaled: "salary" up to \d+$/);
});

test("a profile tells type, missing and different values, range, shape and the most frequent texts", async () => {
  const path = file(
    "p.csv",
    ["n,t", ...[1, 2, 2, "", 11].map((n, row) => `${n},${"aab"[row % 3]}`)].join("\n"),
  );
  const table = await readTable([path], asUsual, (header) =>
    header.map(() => ({ kind: null, missing: [""] })),
  );
  const [n, t] = profileTable(table);
  expect(n).toMatchObject({ type: "number", missing: 1, distinct: 3 });
  expect(n!.numbers).toMatchObject({ min: 1, max: 11, mean: 4, median: 2, areWhole: true });
  expect(n!.numbers!.histogram).toEqual([1, 2, 0, 0, 0, 0, 0, 0, 0, 1]);
  expect(t).toMatchObject({
    type: "category",
    distinct: 2,
    top: [
      { text: "a", rows: 4 },
      { text: "b", rows: 1 },
    ],
  });
});
