import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { asUsual } from "../../../src/data/formats/notation.ts";
import { type ColumnReading, columnOf, columnsOf, readTable } from "../../../src/data/table/readTable.ts";
import { UserError } from "../../../src/support/errors.ts";
import { temporaryFiles } from "../support.ts";

const file = temporaryFiles();
const asFound: ColumnReading = { kind: null, missing: ["", "NA"] };
const read = (files: string[], reading: ColumnReading = asFound) =>
  readTable(files, asUsual, (header) => header.map(() => reading));

describe("a table", () => {
  test("holds numbers as floats and texts as numbers of their levels, NaN for what is missing", async () => {
    const table = await read([file("a.csv", 'n,t\n1,x\n,"y"\n"2.5",NA\n1e2,x\n')]);
    expect(table.columns).toMatchObject([
      { name: "n", kind: "number", missing: 1 },
      { name: "t", kind: "text", levels: ["x", "y", "NA"], isMissing: [false, false, true], missing: 1 },
    ]);
    expect([...columnOf(table, 0)]).toEqual([1, Number.NaN, 2.5, 100]);
    expect([...columnOf(table, 1)]).toEqual([0, 1, Number.NaN, 0]);
    expect(columnsOf(table, 0, 2, Int32Array.of(3, 0)).map((values) => [...values])).toEqual([
      [100, 1],
      [0, 0],
    ]);
  });

  test("is as large as its files, whatever their order of columns, plain or gzip", async () => {
    const rows = Array.from({ length: 5000 }, (_, row) => `${row},${-row}`).join("\n");
    const files = [
      file("b.csv", `x,y\n${rows}`),
      file("c.csv.gz", gzipSync(`y\tx\n${rows.replaceAll(",", "\t")}\n`)),
    ];
    const table = await read(files);
    expect([table.rows, table.fileRows]).toEqual([10_000, [5000, 5000]]);
    const x = columnOf(table, 0);
    expect([x[4999], x[9999]]).toEqual([4999, -4999]);
  });

  test("takes the column's own words for missing, numbers among them", async () => {
    const table = await read([file("d.csv", "n\n1\n-999\n-999.0\nnone\n")], {
      kind: "number",
      missing: ["-999", "none"],
    });
    expect([...columnOf(table, 0)]).toEqual([1, Number.NaN, Number.NaN, Number.NaN]);
  });

  test.each([
    ["a header and no rows", "a,b\n", "the file holds a header and no rows"],
    ["nothing but a mark", "\uFEFF", "the file is empty"],
    [
      "a number no float holds",
      "a\n1\n1e39\n",
      ':3:1: column "a" holds "1e39", too large for a 32-bit float',
    ],
    ["several bad rows", "a,b\n1\n2\n3,4\n", ":2: a row of 1 field; expected 2 fields, as in the header\n"],
  ])("is refused for %s", async (_, text, message) => {
    await expect(read([file("bad.csv", text)])).rejects.toThrow(message);
  });

  test("is refused for files whose columns differ", async () => {
    const files = [file("e.csv", "x,y\n1,2\n"), file("f.csv", "x,why\n1,2\n")];
    await expect(read(files)).rejects.toThrow(`${files[1]}:1: no column is named "y"`);
  });

  test("of any bytes, cut or flipped, is read or refused with a UserError", async () => {
    const good = Buffer.from('a,b,"c"\n1,x,"y""z"\n2.5,é,"\n"\n-3,,\n');
    const attempt = async (name: string, bytes: Uint8Array) => {
      const result = await read([file(name, bytes)]).catch((error: unknown) => error);
      if (result instanceof Error) expect(result).toBeInstanceOf(UserError);
    };
    for (let length = 0; length < good.length; length++) await attempt("g.csv", good.subarray(0, length));
    const flips = fc.record({ at: fc.nat(good.length - 1), bit: fc.nat(7), packed: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(flips, async ({ at, bit, packed }) => {
        const bytes = packed ? gzipSync(good) : Buffer.from(good);
        bytes[at]! ^= 1 << bit;
        await attempt(packed ? "h.csv.gz" : "h.csv", bytes);
      }),
      { numRuns: 150 },
    );
  });
});
