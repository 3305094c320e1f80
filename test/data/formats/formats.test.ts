/** One table in every format it may come in: the same data set. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { CsvDataSpec } from "../../../src/config/schema.ts";
import { loadDataset } from "../../../src/data/dataset/load.ts";
import { exitCodes } from "../../../src/support/errors.ts";
import { load as loadSpecText } from "../../config/support.ts";
import { csvSpec, temporaryFiles } from "../support.ts";

const file = temporaryFiles();
const rows = Array.from({ length: 40 }, (_, row) => ({
  "a, b": row % 7 === 0 ? null : row / 4 - 3,
  word: ["x", 'say "hi"', "tab\there", "line\nbreak"][row % 4]!,
  flag: row % 3 === 0,
  y: row % 2 ? "p" : "q",
}));
const names = Object.keys(rows[0]!) as (keyof (typeof rows)[0])[];
const delimited = (delimiter: string, some = rows) =>
  [names, ...some.map((row) => names.map((name) => row[name] ?? ""))]
    .map((fields) => fields.map((field) => `"${String(field).replaceAll('"', '""')}"`).join(delimiter))
    .join("\n");
const jsonLines = (some: readonly object[] = rows) => some.map((row) => JSON.stringify(row)).join("\n");

const load = (fields: Partial<CsvDataSpec>) =>
  loadDataset(csvSpec({ target: ["y"], ...fields }), { seed: 0, baseDirectory: "." });
const csv = file("t.csv", delimited(","));

describe("the same table", () => {
  test.each([
    ["t.tsv", delimited("\t")],
    ["t.tab.gz", gzipSync(delimited("\t"))],
    ["t.jsonl", jsonLines()],
    ["t.ndjson", `${jsonLines()}\r\n`],
    ["t.jsonl.gz", gzipSync(jsonLines())],
  ])("from %s", async (name, content) => {
    expect(await load({ path: [file(name, content)] })).toEqual(await load({ path: [csv] }));
  });

  test("from several files that a pattern matches, in the order of their names", async () => {
    for (const [index, from] of [0, 10, 30].entries())
      file(`part-${index}.csv`, delimited(",", rows.slice(from, [10, 30, 40][index])));
    file("part-x.txt", "not,this\n1,2\n");
    const pattern = file("other.csv", "").replace("other", "part-?");
    expect(await load({ path: [pattern] })).toEqual(await load({ path: [csv] }));
  });

  test("from a pattern of folders", async () => {
    const root = join(dirname(csv), "days");
    for (const [day, some] of [
      ["mon", rows.slice(0, 9)],
      ["tue", rows.slice(9)],
    ] as const) {
      mkdirSync(join(root, day), { recursive: true });
      writeFileSync(join(root, day, "rows.jsonl"), jsonLines(some));
    }
    expect(await load({ path: [join(root, "*", "*.jsonl")] })).toEqual(await load({ path: [csv] }));
  });
});

test("a pattern that matches nothing is a missing file", async () => {
  await expect(load({ path: [csv.replace("t.csv", "no-*.csv")] })).rejects.toMatchObject({
    exitCode: exitCodes.io,
    message: expect.stringContaining("no file has such a name"),
  });
});

test("a spec may name JSON Lines, tab-separated files and stdin without a format", () => {
  for (const path of ["a.jsonl", "a.ndjson.gz", "a.tsv", "parts/*.csv", "'-'"]) {
    expect(loadSpecText(`{ data: { path: ${path}, target: y } }`).spec.data.format).toBe("csv");
  }
});

describe("what is wrong with an object is told with its line", () => {
  test.each([
    [
      [...Array(2000).fill({ a: 1, y: 1 }), { a: 1, aa: 2, y: 2 }],
      ':2001: the object has "aa", which none of the first has; expected keys of the first objects',
    ],
    [[{ a: [1], y: 1 }], ':1: "a" is an array; expected a number, a text, a boolean or null'],
  ])("%j", async (objects, problem) => {
    await expect(load({ path: [file("wrong.jsonl", jsonLines(objects))] })).rejects.toThrow(problem);
  });

  test.each([
    ['{"a":1,"y":1,"a":2}', ':1: the key "a" twice'],
    ['{"a":{"a":1,"a":2},"\\u0061":1,"y":2}', ':1: the key "\\u0061" twice'],
    ['{"a":1,"y":1}\n[1]', ":2: an array instead of an object"],
    ['{"a":1,"y":1}\n{"a":"many","y":1}\n{"a":2', ":3:"],
  ])("%s", async (text, problem) => {
    await expect(load({ path: [file("wrong.jsonl", text)] })).rejects.toThrow(problem);
  });
});

test("keys named as an object's own are ordinary", async () => {
  const objects = rows.map(({ y }, row) => `{"__proto__":${row},"constructor":${row % 5},"y":"${y}"}`);
  const { preprocessing } = await load({ path: [file("proto.jsonl", objects.join("\n"))] });
  expect(preprocessing.inputs).toMatchObject({ columns: [{ name: "__proto__" }, { name: "constructor" }] });
});
