/** Tables written for people are read as the tables of programs that they mean, where the spec says how. */
import { describe, expect, test } from "vitest";
import type { CsvDataSpec } from "../../../src/config/schema.ts";
import { loadDataset } from "../../../src/data/dataset/load.ts";
import { numberReader } from "../../../src/data/formats/notation.ts";
import { readGuessing } from "../../../src/data/table/guessed.ts";
import type { UserError } from "../../../src/support/errors.ts";
import { columnSpec, csvSpec, temporaryFiles } from "../support.ts";

const file = temporaryFiles();
const words = ["Cat", "dog", " cat", "DOG "];
const records = Array.from({ length: 60 }, (_, i) => ({
  a: ((i * 37) % 91) / 4 - 5,
  b: 1000 + i * 12.5,
  word: words[i % 4]!,
  y: i % 3 === 0 ? 1.5 : i / 8,
}));
type Cells = Record<keyof (typeof records)[number], string>;
const plain = ({ a, b, word, y }: (typeof records)[number]): Cells => ({
  a: String(a),
  b: String(b),
  word: word.trim().toLowerCase(),
  y: String(y),
});
const comma = (text: string) => text.replace(".", ",");
const grouped = (text: string, by: string) => text.replace(/\B(?=(\d{3})+(?!\d))/, by);

const quotedCell = (cell: string) => (/[,;"]/.test(cell) ? `"${cell}"` : cell);
const table = (cellsOf: (record: (typeof records)[number]) => Cells, delimiter = ",") =>
  records.map((record) => Object.values(cellsOf(record)).map(quotedCell).join(delimiter)).join("\n");
const header = (delimiter = ",") => `${["a", "b", "word", "y"].join(delimiter)}\n`;
const merged = { word: columnSpec({ trim: true, case: "lower" }) };

const load = async (name: string, text: string, more: Partial<CsvDataSpec> = {}) => {
  const spec = csvSpec({ path: [file(name, text)], target: ["y"], ...more });
  const { splits, preprocessing, warnings } = await loadDataset(spec, { baseDirectory: "/", seed: 0 });
  const { table: matrix, targets } = splits.train;
  return { warnings, data: [[...("values" in matrix ? matrix.values : [])], [...targets], preprocessing] };
};
const clean = load("clean.csv", header() + table(plain));

const european = (record: (typeof records)[number]) => {
  const { a, b, y } = plain(record);
  return { a: comma(a), b: `${grouped(comma(b), ".")} EUR`, word: record.word, y: comma(y) };
};
const euro = { decimal: ",", thousands: "." } as const;
const inEuro = { ...merged, b: columnSpec({ suffix: "EUR" }) };

describe("the same data is in a table", () => {
  test.each<[string, string, string, Partial<CsvDataSpec>]>([
    [
      "with decimal commas, groups, a unit and spellings",
      "t.csv",
      header(";") + table(european, ";"),
      { ...euro, columns: inEuro },
    ],
    ["of such between commas", "t.csv", header() + table(european), { ...euro, columns: inEuro }],
    [
      "of such as JSON Lines",
      "t.jsonl",
      records.map((record) => JSON.stringify(european(record))).join("\n"),
      { ...euro, columns: inEuro },
    ],
    [
      "with a currency before numbers and commas in them",
      "t.csv",
      header() + table((record) => ({ ...plain(record), b: `$${grouped(plain(record).b, ",")}` })),
      { thousands: ",", columns: { b: columnSpec({ prefix: "$" }) } },
    ],
    [
      "with blanks between groups",
      "t.csv",
      header() + table((record) => ({ ...plain(record), b: grouped(plain(record).b, "\u202f") })),
      { thousands: " " },
    ],
    [
      "with lines of comments",
      "t.csv",
      `# by hand, in 2020\n${header()}# units: m\n${table(plain).replace("\n", "\n# odd,one\n")}\n# end`,
      { comment: "#" },
    ],
  ])("%s", async (_, name, text, more) => {
    expect((await load(name, text, more)).data).toEqual((await clean).data);
  });

  test("without a header, but for the columns' names", async () => {
    const { data } = await load("t.csv", table(plain), { header: false, target: ["column_4"] });
    expect(data.slice(0, 2)).toEqual((await clean).data.slice(0, 2));
  });
});

test.each([
  ["1.234.567,5", 1234567.5],
  ["-1.234", -1234],
  ["1,5", 1.5],
  ["12.34", Number.NaN],
  ["1.2345", Number.NaN],
  ["0.123", Number.NaN],
  ["1,2,3", Number.NaN],
])("%j with a decimal comma and grouping points is %d", (text, number) => {
  expect(numberReader(euro)(text)).toBe(number);
});

test.each([
  ["3114", "without its unit"],
  ["3114 USD", "with another"],
  ["EUR", "that is none"],
])("a number %j is refused, %s", async (cell) => {
  const text =
    header() + table((record) => ({ ...plain(record), b: record === records[7] ? cell : "5 EUR" }));
  await expect(load("t.csv", text, { columns: { b: columnSpec({ suffix: "EUR" }) } })).rejects.toThrow(
    `t.csv:9:${records[7]!.a.toString().length + 2}: column "b" holds "${cell}", not a number; expected numbers as 1234.5EUR`,
  );
});

test.each([
  ["lines that look like comments", `${header()}# by hand\n${table(plain)}`, "data.comment"],
  ["a header that looks like one", `# by hand\n${header()}${table(plain)}`, "data.comment"],
  ["names that look like values", table(plain).replaceAll("dog", "4"), "data.header: false"],
])("of %s it is said what reads them", async (_, text, line) => {
  const error = await load("t.csv", text).catch((fault: UserError) => fault);
  expect((error as UserError).problems.map(({ hint }) => hint).join()).toContain(line);
});

test("a word for a missing value stays one in any case", async () => {
  const texts = (record: (typeof records)[number]) => ({
    ...plain(record),
    word: record.y < 1 ? "NA" : record.word,
  });
  const { warnings } = await load("t.csv", header() + table(texts), { columns: merged });
  expect(warnings.join()).toMatch(/"word".* missing/);
});

describe("without a spec is seen", () => {
  const reading = { kind: null, missing: ["", "NA"], isFree: true };
  const guess = async (text: string) => (await readGuessing(file("t.csv", text), reading)).written;
  test.each<[string, string, object]>([
    [
      "nothing in a usual table",
      header() + table(plain),
      { header: true, decimal: ".", thousands: null, comment: null },
    ],
    ["that there is no header", table(plain), { header: false }],
    ["that there is none between semicolons", table(european, ";"), { header: false, ...euro }],
    ["a first line of comments", `# by hand\n${header()}${table(plain)}`, { comment: "#", header: true }],
    ["decimal commas", header(";") + table(european, ";"), { ...euro, header: true }],
    [
      "that names may be years",
      `2019,2020,2021\n${"2018,2021,2020\n2020,2019,2019\n".repeat(9)}`,
      { header: true },
    ],
    ["that names may be numbers", `0,1\n${"0,1\n5,8\n2,1\n".repeat(9)}`, { header: false }],
  ])("%s", async (_, text, expected) => {
    expect(await guess(text)).toMatchObject(expected);
  });

  test("decimal points elsewhere, which decimal commas would break", async () => {
    const mixed = (record: (typeof records)[number]) => ({ ...plain(record), b: comma(plain(record).b) });
    expect(await guess(header() + table(mixed))).toMatchObject({ decimal: "." });
  });
});
