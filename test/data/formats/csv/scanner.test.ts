import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CsvScanner } from "../../../../src/data/formats/csv/scanner.ts";
import { sentence, UserError } from "../../../../src/support/errors.ts";
import { chunked, scanAll } from "../../support.ts";

const plain = fc.string({ unit: fc.constantFrom("a", "7", " ", "é", "😀", "-", "."), maxLength: 5 });
const awkward = fc.string({ unit: fc.constantFrom("a", '"', ",", ";", "\n", "\r", "é"), maxLength: 5 });
const tables = fc
  .record({
    width: fc.integer({ min: 2, max: 4 }),
    rows: fc.integer({ min: 0, max: 6 }),
    delimiter: fc.constantFrom(",", ";", "\t", "|"),
    newline: fc.constantFrom("\n", "\r\n", "\r"),
    finalNewline: fc.boolean(),
    mark: fc.boolean(),
  })
  .chain((shape) =>
    fc.record({
      shape: fc.constant(shape),
      cells: fc.array(
        fc.array(fc.oneof(plain, awkward), { minLength: shape.width, maxLength: shape.width }),
        { minLength: shape.rows, maxLength: shape.rows },
      ),
      cuts: fc.array(fc.nat(200), { maxLength: 20 }),
    }),
  );

function write({
  shape,
  cells,
}: {
  shape: { width: number; delimiter: string; newline: string; finalNewline: boolean; mark: boolean };
  cells: string[][];
}): Buffer {
  const header = Array.from({ length: shape.width }, (_, column) => `column ${column}`);
  const lines = [header, ...cells].map((row) =>
    row
      .map((cell) => (/["\n\r,;\t|]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell))
      .join(shape.delimiter),
  );
  const text =
    (shape.mark ? "\uFEFF" : "") + lines.join(shape.newline) + (shape.finalNewline ? shape.newline : "");
  return Buffer.from(text);
}

describe("the scanner", () => {
  test("finds the records that csv-parse finds, in any chunks", () => {
    fc.assert(
      fc.property(tables, (table) => {
        const bytes = write(table);
        const expected = parse(bytes, {
          delimiter: table.shape.delimiter,
          bom: true,
          record_delimiter: table.shape.newline,
        });
        const found = scanAll(chunked(bytes, table.cuts));
        expect(found.problems).toEqual([]);
        expect([found.header, ...found.records]).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  test("finds the same records and the same problems in any bytes, however they are cut", () => {
    const units = fc.constantFrom("a", "1", ",", '"', "\n", "\r", "\r\n", "é", "\0");
    const texts = fc.string({ unit: units, maxLength: 40 });
    fc.assert(
      fc.property(texts, fc.array(fc.nat(50)), (text, cuts) => {
        const bytes = Buffer.from(`a,b\n${text}`);
        expect(outcome(chunked(bytes, cuts))).toEqual(outcome([bytes]));
      }),
      { numRuns: 1000 },
    );
  });
});

describe("what is wrong is named with its place:", () => {
  test.each([
    ["a ragged row", "a,b\n1,2\n3\n", "3: a row of 1 field; expected 2 fields, as in the header"],
    ["too many fields", "a,b\n1,2,3\n", "2: a row of 3 fields; expected 2 fields, as in the header"],
    [
      "text after a closing quote",
      'a,b\n"é"x,2\n',
      "2:4: text after a closing quote; expected `,` or the line's end",
    ],
    ["a quote never closed", 'a,b\n1,2\n3,"x\n5,6\n', "3: a quote opens here and is never closed"],
    ["a NUL byte", "a,b\n1,\0\n", "2: a NUL byte at byte 6; expected UTF-8 text"],
    ["a NUL byte in quotes", 'a,b\n1,"x\n\0"\n', "3: a NUL byte at byte 9; expected UTF-8 text"],
    ["invalid UTF-8 in quotes", 'a,b\n"\xff",1\n', "2: invalid UTF-8 at byte 5; expected UTF-8 text"],
    [
      "a ragged row after lines in quotes",
      'a,b\n"x\ny\r\nz\rw",1\n3\n',
      "6: a row of 1 field; expected 2 fields, as in the header",
    ],
    ["invalid UTF-8", "a,b\né,\xff\n", "2: invalid UTF-8 at byte 7; expected UTF-8 text"],
    ["a Git LFS pointer", "version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"],
  ])("%s", (_, text, message) => {
    const bytes = Buffer.concat(
      [...text].map((c) => (c >= "\xf0" && c <= "\xff" ? Buffer.from(c, "latin1") : Buffer.from(c))),
    );
    expect(JSON.stringify(outcome([bytes]))).toContain(JSON.stringify(message).slice(1, -1));
    expect(outcome(chunked(bytes, [...bytes.keys()]))).toEqual(outcome([bytes]));
  });

  test.each([
    [
      "a zip archive",
      "PK\u0003\u0004",
      "the file is a zip archive; expected CSV, TSV, JSON Lines or Parquet",
    ],
    [
      "Parquet in a pipe",
      "PAR1",
      "the data is Parquet that is cut short, compressed once more, or from a pipe",
    ],
    ["JSON Lines", '{"a": 1', "the rows are JSON Lines; expected CSV"],
    ["bzip2", "BZh", "the file is bzip2; expected CSV"],
  ])("%s instead of a table", (_, start, message) => {
    expect(outcome([Buffer.from(`${start},b\n1,2\n`, "latin1")])).toContain(message);
    expect(outcome([Buffer.from(`x${start},b\n1,2\n`, "latin1")])).not.toContain(message);
  });

  test("the first byte that is no UTF-8, wherever it stands", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "é", "€", "😀"), maxLength: 12 });
    const wrong = fc
      .constantFrom("ff", "c3", "efbf", "e282", "f09f98", "80", "c0af", "eda080")
      .map((hex) => Buffer.from(hex, "hex"));
    fc.assert(
      fc.property(text, wrong, text, (before, bytes, after) => {
        const start = Buffer.from(`a,b\nx,${before}`);
        const rest = Buffer.from(`-${after}\n1,2\n`);
        const place = `2: invalid UTF-8 at byte ${start.length}; expected UTF-8 text`;
        expect(scanAll([Buffer.concat([start, bytes, rest])])).toMatchObject({
          records: [["1", "2"]],
          problems: [place],
        });
      }),
    );
  });

  test("the place of a field, counted in characters and lines of its record", () => {
    const scanner = new CsvScanner({ file: "t.csv" });
    scanner.push(Buffer.from('a,b,c\n1,2,3\né,"😀\r\n\n\rü",y\n'));
    expect([0, 1, 2].map((field) => scanner.placeOf(1, field))).toEqual([
      { file: "t.csv", line: 3, column: 1 },
      { file: "t.csv", line: 3, column: 3 },
      { file: "t.csv", line: 6, column: 4 },
    ]);
  });

  test("a record larger than allowed, by the line where its quote opened", () => {
    const rows = Buffer.from(`a,b\n1,2\n3,"${"x".repeat(3000)}`);
    const message = "3: a quote opens here and is not closed within the largest record";
    expect(() => scanAll(chunked(rows, [1000, 2000]), { maxRecord: 2048 })).toThrow(message);
  });

  test.each([
    ["a header", ["x".repeat(3000)], 1],
    ["a row that goes on", ["a,b\n", "x".repeat(3000)], 2],
    ["a row", [`a,b\n1,2\n${"x".repeat(3000)},1\n`], 3],
  ])("%s larger than allowed, by its line", (_, chunks, line) => {
    const scan = () =>
      scanAll(
        chunks.map((chunk) => Buffer.from(chunk)),
        { maxRecord: 2048 },
      );
    expect(scan).toThrow(`${line}: a record that does not end`);
  });

  test("text after a quote, where fields end with tabs", () => {
    expect(scanAll([Buffer.from('a\tb\n"x"y\t2\n')]).problems).toEqual([
      "2:4: text after a closing quote; expected a tab or the line's end",
    ]);
  });

  test("as many columns as can be, and rows that are wider still", () => {
    const header = Array.from({ length: 100_000 }, (_, column) => column).join(",");
    const zeros = Array(100_000).fill(0).join(",");
    expect(scanAll([Buffer.from(`${header}\n${zeros}\n`)]).records).toHaveLength(1);
    for (const end of [",0\n", ",0,x\n", ",".repeat(100_000)])
      expect(() => scanAll([Buffer.from(`${header}\n`), Buffer.from(zeros), Buffer.from(end)])).toThrow(
        "2: more columns than can be; expected 100000 at most",
      );
  });

  test("more than 100,000 columns", () => {
    const header = Buffer.from(Array.from({ length: 100_001 }, (_, column) => column).join(","));
    expect(() => scanAll([header])).toThrow("1: more columns than can be; expected 100000 at most");
  });
});

describe("what exports have besides a header and records:", () => {
  const two = [
    ["1", "2"],
    ["3", "4"],
  ];
  test.each([
    ["empty lines", "\na,b\n1,2\n\n \t\r\n3,4\n\n\n", {}, ["a", "b"], two],
    ["sep=;", "sep=;\r\na;b\r\n1;2\r\n3;4", {}, ["a", "b"], two],
    ["sep=| in quotes, after a mark", '\uFEFF"sep=|"\na|b\n1|2\n3|4', {}, ["a", "b"], two],
    ["comments", '#x,"\n\n# y\na,b\n1,2\n#3,"4\r\n3,4\n# end', { comment: "#" }, ["a", "b"], two],
    ["no comment inside a record", '#a,b\n"1\n#",2#\n', {}, ["#a", "b"], [["1\n#", "2#"]]],
    ["no header", "1,2\n3,4\n", { header: false }, ["column_1", "column_2"], two],
    [
      "a delimiter at every end",
      "a,b,\n1,2,\n3,4,\n",
      {},
      ["a", "b", "Unnamed: 2"],
      two.map((r) => [...r, ""]),
    ],
    ["one at the end of rows", "a,b\n1,2,\n3,4,\n", {}, ["a", "b", "Unnamed: 2"], two.map((r) => [...r, ""])],
    ["R's names of rows", '"a"\n"1",2\n"3",4\n', {}, ["Unnamed: 0", "a"], two],
    ["an index without a name", ",a\n1,2\n3,4\n", {}, ["Unnamed: 0", "a"], two],
    [
      "names that stand twice",
      "a,a,a.1,a\n1,2,3,4\n",
      {},
      ["a", "a.2", "a.1", "a.3"],
      [["1", "2", "3", "4"]],
    ],
    [
      "quotes inside a field",
      'a,5" b\n5" pipe,37°36\'37.8"N\n',
      {},
      ["a", '5" b'],
      [['5" pipe', "37°36'37.8\"N"]],
    ],
    ["a quote behind a blank", 'a,b\n "x",y""z\n', {}, ["a", "b"], [[' "x"', 'y""z']]],
  ])("%s", (_, text, options, header, records) => {
    const bytes = Buffer.from(text);
    expect(scanAll([bytes], options)).toEqual({ header, records, problems: [] });
    expect(scanAll(chunked(bytes, [...bytes.keys()]), options)).toEqual({ header, records, problems: [] });
  });

  test("one field too many is no name of a row where names are not quoted, nor in some rows alone", () => {
    expect(scanAll([Buffer.from("a,y\n1,2,3\n")]).problems).toHaveLength(1);
    expect(scanAll([Buffer.from('"a","y"\n1,2\n2,3,4\n')]).problems).toHaveLength(1);
  });

  test("names that cannot tell a column are told with their place", () => {
    const scanner = new CsvScanner({ file: "t.csv" });
    scanner.push(Buffer.from("a,,a\n1,2,3\n"));
    expect(new Map([...scanner.oddNames].map(([name, problem]) => [name, sentence(problem)]))).toEqual(
      new Map([
        ["Unnamed: 1", "t.csv:1:3: column 2 has no name; expected a name"],
        [
          "a.1",
          't.csv:1:4: columns 1 and 3 are both named "a"; expected different names for columns that are used',
        ],
        [
          "a",
          't.csv:1:4: columns 1 and 3 are both named "a"; expected different names for columns that are used',
        ],
      ]),
    );
  });
});

test("empty lines are no records, in a table of one column they are", () => {
  expect(scanAll([Buffer.from("a\n1\n\n")]).records).toEqual([["1"], [""]]);
});

test.each([",", ";", "\t", "|"])("the delimiter %j is found in the header", (delimiter) => {
  const { header } = scanAll([Buffer.from(`a${delimiter}"x,y;|\t,;|\t"${delimiter}c${delimiter}d\n`)]);
  expect(header).toEqual(["a", "x,y;|\t,;|\t", "c", "d"]);
});

test("delimiters in quotes do not count", () => {
  expect(scanAll([Buffer.from('a;"b,c,d,e"\n')]).header).toEqual(["a", "b,c,d,e"]);
  expect(scanAll([Buffer.from('"a,""b,c";d\n')]).header).toEqual(['a,"b,c', "d"]);
});

test("what was wrong with a record is not held against the next one of its number", () => {
  const scanner = new CsvScanner();
  scanner.push(Buffer.from('a,b\n1,"x"y\n'));
  expect([...scanner.problems.keys()]).toEqual([0]);
  scanner.push(Buffer.from("1,2\n"));
  expect([scanner.count, scanner.problems.size]).toEqual([1, 0]);
});

test("a delimiter that is given is the only one", () => {
  expect(scanAll([Buffer.from("a;b,c\n1;2,3\n")], { delimiter: "," })).toMatchObject({
    header: ["a;b", "c"],
    records: [["1;2", "3"]],
  });
  expect(scanAll([Buffer.from("a b\n1,5\n")]).header).toEqual(["a b"]);
});

test("a chunk of more fields and records than there is room for is read as its pieces are", () => {
  const rows = Array.from({ length: 30_000 }, (_, row) => [`${row % 10}`, `${row}`, `x${row}`, "", "7"]);
  const bytes = Buffer.from(`a,b,c,d,e\n${rows.map((row) => row.join(",")).join("\n")}\n`);
  expect(scanAll([bytes]).records).toEqual(rows);
  const scanner = new CsvScanner();
  scanner.push(bytes);
  expect(scanner.count).toBe(rows.length);
  for (const record of [0, 1, 9_999, 29_999])
    expect([0, 1, 2, 3, 4].map((field) => scanner.number(record, field))).toEqual([
      record % 10,
      record,
      Number.NaN,
      Number.NaN,
      7,
    ]);
});

test("a record is there as soon as its line has ended", () => {
  const scanner = new CsvScanner();
  scanner.push(Buffer.from("a,b\r"));
  expect(scanner.header).toEqual(["a", "b"]);
  scanner.push(Buffer.from("\n1,2\r"));
  expect(scanner.count).toBe(1);
});

test("a plain number is read on the way, and is the one its text stands for", () => {
  const numbers = fc.oneof(
    fc.integer().map(String),
    fc.double().map(String),
    fc.constantFrom("", "x", "-", ".", "1.", "-.5", "007", "12x", "-1", "4294967296", "0.0000000001"),
  );
  const isPlain = /^-?([0-9]+[.]?[0-9]*|[.][0-9]+)$/;
  fc.assert(
    fc.property(fc.array(numbers, { minLength: 1 }), fc.array(fc.nat(100)), (cells, cuts) => {
      const scanner = new CsvScanner();
      const values: number[] = [];
      const texts: string[] = [];
      for (const chunk of chunked(Buffer.from(`a,b\n${cells.map((cell) => `0,${cell}\n`).join("")}`), cuts)) {
        scanner.push(chunk);
        for (let record = 0; record < scanner.count; record++) {
          values.push(scanner.values[scanner.first[record]! + 1]!);
          texts.push(scanner.text(record, 1));
        }
      }
      expect(texts).toEqual(cells);
      expect(values).toEqual(cells.map((cell) => (isPlain.test(cell) ? Number(cell) : Number.NaN)));
    }),
  );
});

function outcome(chunks: Uint8Array[]): unknown {
  try {
    return scanAll(chunks);
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}
