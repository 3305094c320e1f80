/** CSV scanned in pieces by several threads: what one thread finds, to the line and the word. */
import { expect, test } from "vitest";
import type { CsvBatch } from "../../../../src/data/formats/csv/batch.ts";
import type { CsvOptions } from "../../../../src/data/formats/csv/options.ts";
import { parallelRows } from "../../../../src/data/formats/csv/parallelRows.ts";
import { pieceSize } from "../../../../src/data/formats/csv/pieceScanner.ts";
import { CsvScanner } from "../../../../src/data/formats/csv/scanner.ts";
import { asUsual } from "../../../../src/data/formats/notation.ts";
import { sentence } from "../../../../src/support/errors.ts";

/** What is known of each record, and what is thrown at the end. */
function found() {
  const lines: string[] = [];
  return {
    lines,
    take(batch: CsvBatch) {
      for (let record = 0; record < batch.count; record++) {
        const problem = batch.problems.get(record);
        const fields = batch.header.map((_, field) => [
          batch.text(record, field),
          batch.number(record, field),
          batch.placeOf(record, field).line,
        ]);
        lines.push(problem ? sentence(problem) : JSON.stringify(fields));
      }
    },
  };
}

/** Of the first bytes, which say what the columns are, the threads know nothing. */
const headBytes = 3000;

async function byThreads(bytes: Buffer, options: CsvOptions): Promise<readonly string[]> {
  const scanner = new CsvScanner(options);
  const { lines, take } = found();
  async function* chunks() {
    for (let at = headBytes; at < bytes.length; at += 100_000) yield bytes.subarray(at, at + 100_000);
  }
  try {
    scanner.push(bytes.subarray(0, headBytes));
    take(scanner);
    expect(scanner.isSplittable).toBe(true);
    const { comment = null, notation = asUsual } = options;
    for await (const batch of parallelRows(chunks(), scanner, notation, comment, 3)) take(batch);
    scanner.end();
    take(scanner);
  } catch (error) {
    lines.push(String(error));
  }
  return lines;
}

function byOne(bytes: Buffer, options: CsvOptions): readonly string[] {
  const scanner = new CsvScanner(options);
  const { lines, take } = found();
  try {
    for (let at = 0; at < bytes.length; at += 100_000) {
      scanner.push(bytes.subarray(at, at + 100_000));
      take(scanner);
    }
    scanner.end();
    take(scanner);
  } catch (error) {
    lines.push(String(error));
  }
  return lines;
}

/** Rows of several pieces; `line` makes one of its number. */
function rows(line: (row: number) => string, end = "\n"): string {
  const lines = ["a,b,c"];
  for (let bytes = 0, row = 0; bytes < 3 * pieceSize; row++) {
    lines.push(line(row));
    bytes += lines.at(-1)!.length + 8;
  }
  return lines.join(end);
}

const plain = (row: number) => `${row},${row / 7},text ${row % 5}`;
/** With a line in the third piece. */
const withLine = (line: string) => rows((row) => (row === 21_000 ? line : plain(row)));
const lineEnds = (row: number) => `"${`${row},\n""\r\n`.repeat((row * 7919) % 40)}",1,"x"`;

const files = {
  "numbers and texts": rows(plain),
  "a last line that ends": `${rows(plain)}\n`,
  "lines that end in CR LF": rows(plain, "\r\n"),
  "lines that end in CR alone": rows(plain, "\r"),
  "quotes around line ends, across pieces": rows(lineEnds),
  "a quoted text longer than two pieces": withLine(`1,2,"${'lines,\n"" of text\n'.repeat(40_000)}"`),
  "a line longer than two pieces": withLine(`1,2,${"x".repeat(2.5 * pieceSize)}`),
  "comments with quotes in them": rows((row) => (row % 3 === 0 ? `#"${row}` : plain(row))),
  "a quote inside text": rows((row) => `${row},5" wide,"5"" high"`),
  "empty fields": rows(() => ",,"),
  "empty lines": rows((row) => (row % 2 === 0 ? "" : plain(row))),
  "letters of two bytes": rows((row) => `${row},ä,ö`),
  "a row of two fields": withLine("1,2"),
  "text after a closing quote": withLine('1,"2"x,3'),
  "a NUL byte": withLine("1,\0,3"),
  "a quote that never closes": withLine('1,"2,3'),
};

test.each(Object.entries(files))("%s", async (_, text) => {
  const bytes = Buffer.from(text);
  const options = { file: "rows.csv", comment: "#" };
  const [together, alone] = [await byThreads(bytes, options), byOne(bytes, options)];
  expect(together.length).toBe(alone.length);
  expect(together.findIndex((line, i) => line !== alone[i])).toBe(-1);
});

test("bytes that are no UTF-8 are told of with their place", async () => {
  const bytes = Buffer.from(withLine("1,?,3"));
  bytes[bytes.indexOf("1,?,3") + 2] = 0xff;
  const options = { file: "rows.csv" };
  expect((await byThreads(bytes, options)).filter((line) => line.includes("UTF-8"))).toEqual([
    expect.stringMatching(/^rows\.csv:21002: invalid UTF-8 at byte \d+/),
  ]);
});
