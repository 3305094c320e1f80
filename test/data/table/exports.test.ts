/** Tables as other programs export them, with an index and empty columns: read as the table that was meant. */

import { describe, expect, test } from "vitest";
import { loadDataset } from "../../../src/data/dataset/load.ts";
import { asUsual } from "../../../src/data/formats/notation.ts";
import { readTable } from "../../../src/data/table/readTable.ts";
import { csvSpec, temporaryFiles } from "../support.ts";

const file = temporaryFiles();
const rows = Array.from({ length: 40 }, (_, i) => [`${i % 2}.${i}`, i % 2 === 0 ? "p" : "q"]);
const written = (header: string, lineOf: (row: string[], i: number) => string) =>
  `${header}${rows.map(lineOf).join("\n")}\n`;
const clean = written("a,y\n", (row) => row.join(","));

const indexed = "column 1 has no name and counts the rows: left out as an index";
const named = "column 1 has no name and names the rows: left out as an index";
const empty = "column 3 has no name and no values: left out";

const load = async (name: string, text: string, more = {}) => {
  const { splits, preprocessing, warnings } = await loadDataset(
    csvSpec({ path: [file(name, text)], target: ["y"], ...more }),
    { baseDirectory: "/", seed: 0 },
  );
  const { table, targets } = splits.train;
  return { warnings, data: [[...("values" in table ? table.values : [])], [...targets], preprocessing] };
};

describe("the same data is in a table", () => {
  test.each([
    ["of pandas", written(",a,y\n", (row, i) => `${i},${row.join(",")}`), [indexed]],
    ["of pandas, shuffled", written(",a,y\n", (row, i) => `${(i * 7) % 40},${row.join(",")}`), [named]],
    ["of R's write.csv", written('"","a","y"\n', (row, i) => `"row ${i}",${row.join(",")}`), [named]],
    ["of R's write.table", written('"a","y"\n', ([a, y], i) => `"${i + 1}",${a},"${y}"`), [indexed]],
    ["with delimiters at the ends", written("a,y,\n", (row) => `${row.join(",")},`), [empty]],
    ["with delimiters at the ends of rows", written("a,y\n", (row) => `${row.join(",")},`), [empty]],
    ["of Excel", written("sep=;\r\na;y\r\n", (row) => row.join(";")), []],
    ["with empty lines", written("a,y\n\n", (row) => `${row.join(",")}\n`), []],
    [
      "of pandas, read back and written once more",
      written("Unnamed: 0,a,y\n", (row, i) => `${i},${row.join(",")}`),
      ['column "Unnamed: 0" stands for none and counts the rows: left out as an index'],
    ],
  ])("%s", async (_, text, notes) => {
    const { warnings, data } = await load("t.csv", text);
    const known = await load("clean.csv", clean);
    expect(data).toEqual(known.data);
    expect(warnings).toEqual([...notes, ...known.warnings]);
  });

  test("of JSON Lines that leave out what is missing", async () => {
    const objects = rows.map(([a, y], i) => (i % 3 === 0 ? { y } : { a: Number(a), y }));
    const gaps = written("a,y\n", ([a, y], i) => `${i % 3 === 0 ? "" : a},${y}`);
    const { data } = await load("t.jsonl", objects.map((object) => JSON.stringify(object)).join("\n\n"));
    expect(data).toEqual((await load("gaps.csv", gaps)).data);
  });
});

describe("refused is", () => {
  test.each([
    [
      "a column without a name that holds values",
      written("a,y,\n", (row, i) => `${row.join(",")},${i % 5}`),
      "column 3 has no name; expected a name, as it holds values",
    ],
    [
      "one that does so later",
      `${written("a,y,\n", (row) => `${row.join(",")},\n`.repeat(500))}1,p,x\n`,
      'column 3 has no name and holds "x"',
    ],
    [
      "a name that two columns have",
      written("a,a,y\n", ([a, y]) => `${a},1,${y}`),
      'columns 1 and 2 are both named "a"',
    ],
  ])("%s", async (_, text, message) => {
    await expect(load("t.csv", text)).rejects.toThrow(message);
  });
});

test("what the spec says of a column without a name holds", async () => {
  const path = file(
    "index.csv",
    written(",a,y\n", (row, i) => `${i},${row.join(",")}`),
  );
  const reading = { kind: null, missing: [] };
  const table = await readTable([path], asUsual, (header) => header.map(() => reading));
  expect(table.columns.map(({ name }) => name)).toEqual(["Unnamed: 0", "a", "y"]);
});
