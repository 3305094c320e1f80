import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { UserError } from "../../src/support/errors.ts";
import { chunked, scanAll } from "./support.ts";

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
      { numRuns: 500 },
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
      { numRuns: 2000 },
    );
  });
});

function outcome(chunks: Uint8Array[]): unknown {
  try {
    return scanAll(chunks);
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}
