/** Rows split by time: in the order of time however it is written, or refused with the cell. */
import { describe, expect, test } from "vitest";
import { loadDataset } from "../../../src/data/dataset/load.ts";
import { columnSpec, csvSpec, temporaryFiles } from "../support.ts";

const file = temporaryFiles();
const rows = 60;
const dayOf = (row: number) => new Date(Date.UTC(2020, 5, 1 + 6 * row)).toISOString();
const split = { validation: 0.1, test: 0.2, stratify: null, seed: null, fold: null };
/** Out of order, each once. */
const orderOf = (at: number) => (at * 37 + 11) % rows;

async function splitsBy(name: string, timeOf: (row: number) => string, format: string | null = null) {
  const lines = Array.from({ length: rows }, (_, at) => {
    const row = orderOf(at);
    return name.endsWith("jsonl")
      ? JSON.stringify({ when: timeOf(row), x: row, y: row % 7 })
      : `${timeOf(row)},${row},${row % 7}`;
  });
  const path = file(name, [...(name.endsWith("jsonl") ? [] : ["when,x,y"]), ...lines].join("\n"));
  const columns = { when: columnSpec({ type: "time", format }) };
  const spec = csvSpec({ path: [path], target: ["y"], task: "regression", scale: "none", columns, split });
  const { splits } = await loadDataset(spec, { seed: 0, baseDirectory: "." });
  const xOf = (part: keyof typeof splits) =>
    Array.from(splits[part]!.indices, (row) => splits[part]!.table.values[row]!).sort((a, b) => a - b);
  return { train: xOf("train"), validation: xOf("validation"), test: xOf("test") };
}

const numbers = (first: number, end: number) => Array.from({ length: end - first }, (_, i) => first + i);
const inOrder = { train: numbers(0, 42), validation: numbers(42, 48), test: numbers(48, 60) };

test.each<[string, (row: number) => string, string | null]>([
  ["ISO dates", (row) => dayOf(row).slice(0, 10), null],
  ["ISO times", (row) => dayOf(row).replace("T", " ").slice(0, 19), null],
  ["zones of their own", (row) => dayOf(row).replace(/\.000Z/, row % 2 ? "+23:00" : "-11:30"), null],
  ["seconds since 1970", (row) => String(1_600_000_000 + row), null],
  ["nanoseconds since 1970", (row) => String(1_577_134_800_018_226_901n + BigInt(row)), null],
  ["negative numbers of other lengths", (row) => String(10 ** (row / 10) - 100), null],
  ["month first", (row) => dayOf(row).replace(/(\d+)-(\d+)-(\d+)T.*/, "$2/$3/$1"), "%m/%d/%Y"],
  [
    "day first, without zeros",
    (row) => dayOf(row).replace(/(\d+)-0?(\d+)-0?(\d+)T.*/, "$3.$2.$1"),
    "%d.%m.%Y",
  ],
])("%s", async (_, timeOf, format) => {
  expect(await splitsBy("t.csv", timeOf, format)).toEqual(inOrder);
  expect(await splitsBy("t.jsonl", timeOf, format)).toEqual(inOrder);
});

describe("refused, with the first cell:", () => {
  test.each<[string, (row: number) => string, string]>([
    [
      "06/01/2020",
      (row) => dayOf(row).replace(/(\d+)-(\d+)-(\d+)T.*/, "$2/$3/$1"),
      "numbers or ISO dates (YYYY-MM-DD)",
    ],
    [
      "2020-6-1",
      (row) => dayOf(row).replace(/-0?(\d+)-0?(\d+)T.*/, "-$1-$2"),
      "numbers or ISO dates (YYYY-MM-DD)",
    ],
    [
      "an odd cell among numbers",
      (row) => (row === 20 ? "unknown" : String(row)),
      "a number, as in the rows before",
    ],
    [
      "a number among dates",
      (row) => (row === 20 ? "20" : dayOf(row)),
      "ISO dates (YYYY-MM-DD), as in the rows before",
    ],
  ])("%s", async (_, timeOf, expected) => {
    const at = Array.from({ length: rows }, (_, at) => at).find(
      (at) => !/^\d{4}-\d\d-\d\dT|^\d+$/.test(timeOf(orderOf(at))) || timeOf(orderOf(at)) === "20",
    )!;
    await expect(splitsBy("bad.csv", timeOf)).rejects.toMatchObject({
      problems: expect.arrayContaining([
        expect.objectContaining({
          line: at + 2,
          column: 1,
          message: `column "when" holds ${JSON.stringify(timeOf(orderOf(at)))}, not a time`,
          expected,
        }),
      ]),
      exitCode: 3,
    });
  });

  test("what is not as the format says", async () => {
    await expect(splitsBy("bad.csv", (row) => `${row}/1/2020`, "%m/%d/%Y")).rejects.toMatchObject({
      problems: expect.arrayContaining([
        expect.objectContaining({ expected: 'a time as "%m/%d/%Y" has it' }),
      ]),
    });
  });

  test("no value", async () => {
    await expect(splitsBy("bad.csv", (row) => (row === 5 ? "" : String(row)))).rejects.toThrow(
      /missing value/,
    );
  });
});
