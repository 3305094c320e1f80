/**
 * The rows of a Parquet file. Lists and structures are JSON, times ISO 8601; bytes that are no text have those escaped that
 * are not ASCII.
 */
import { type Problem, quoted } from "../../../support/errors.ts";
import type { ByteWriter } from "../byteWriter.ts";
import { nameColumns } from "../columnNames.ts";
import type { LevelIndex } from "../levels.ts";
import { exampleOf, type Notation, numberReader } from "../notation.ts";
import { numberOf } from "../number.ts";
import { dataError } from "../problems.ts";
import { type Place, plainNumber, type RowBatch } from "../rowBatch.ts";
import { openParquet, type ParquetColumn, type ParquetGroup } from "./parquet.ts";

/** Rows of a batch: their numbers stay in a cache. */
const batchRows = 4096;

/** Batches of the rows, one without any if there are none. Throws UserError: io, data for a damaged file. */
export async function* parquetRows(file: string, size: number, notation: Notation): AsyncGenerator<RowBatch> {
  const { columns, groups } = await openParquet(file, size);
  const batch = new ParquetBatch(file, columns, notation);
  for await (const { count, columns: values } of groups) {
    for (let from = 0; from < count; from += batchRows) {
      batch.take(values, from, Math.min(batchRows, count - from));
      yield batch;
    }
  }
  if (batch.count === 0) yield batch;
}

function nestedProblem(name: string, file: string): Problem {
  return {
    file,
    message: `column ${quoted(name)} holds lists or structures`,
    expected: "numbers, texts, booleans or times",
  };
}

class ParquetBatch implements RowBatch {
  readonly delimiter = null;
  readonly problems: ReadonlyMap<number, Problem> = new Map();
  readonly header: readonly string[];
  readonly oddNames: ReadonlyMap<string, Problem>;
  readonly first: Int32Array;
  values = new Float64Array(0);
  count = 0;
  /** In the batches before. */
  rowsBefore = 0;
  readonly nested: ReadonlySet<string>;
  readonly notes = new Set<string>();
  private readonly noted = new Set<string>();
  private columns: ParquetGroup["columns"] = [];
  private from = 0;
  private readonly readNumber: (text: string) => number;

  constructor(
    readonly file: string,
    private readonly described: readonly ParquetColumn[],
    /** Of numbers in texts. */
    private readonly notation: Notation,
  ) {
    this.readNumber = numberReader(notation);
    const { header, oddNames } = nameColumns(
      described.map(({ name }) => name),
      () => ({ file }),
    );
    const nested = header.filter((name, field) => described[field]!.isNested && !oddNames.has(name));
    this.header = header;
    this.nested = new Set(nested);
    this.oddNames = new Map([
      ...oddNames,
      ...nested.map((name) => [name, nestedProblem(name, file)] as const),
    ]);
    this.first = Int32Array.from({ length: batchRows + 1 }, (_, row) => row * header.length);
  }

  /** Rows from … from + count - 1 of a group. */
  take(columns: ParquetGroup["columns"], from: number, count: number): void {
    this.rowsBefore += this.count;
    this.columns = columns;
    this.from = from;
    this.count = count;
    const width = columns.length;
    if (this.values.length < count * width) this.values = new Float64Array(count * width);
    const { values } = this;
    for (const [field, column] of columns.entries())
      for (let row = 0, at = field; row < count; row++, at += width) {
        const value: unknown = column?.[from + row];
        const isNumber = typeof value === "number" || typeof value === "bigint";
        values[at] = isNumber ? plainNumber(Number(value)) : Number.NaN;
      }
  }

  hasFields(): boolean {
    return true;
  }

  isNull(row: number, field: number): boolean {
    return this.valueAt(row, field) === null;
  }

  text(row: number, field: number): string {
    const value = this.valueAt(row, field);
    if (value === null) return "";
    if (typeof value === "string") return value;
    if (typeof value !== "object") return String(value);
    if (value instanceof Date)
      return value.toISOString().slice(0, this.described[field]!.isDate ? 10 : undefined);
    if (value instanceof Uint8Array) return this.escaped(value, field);
    return JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? String(part) : part));
  }

  number(row: number, field: number): number {
    const value = this.values[this.first[row]! + field]!;
    if (!Number.isNaN(value)) return value;
    const text = this.text(row, field);
    return typeof this.valueAt(row, field) === "string" ? this.readNumber(text) : numberOf(text);
  }

  numbersAs(): string | null {
    return exampleOf(this.notation, undefined);
  }

  levelOf(row: number, field: number, index: LevelIndex): number {
    return this.isNull(row, field) ? -1 : index.findText(this.text(row, field));
  }

  placeOf(row: number): Place {
    return { file: this.file, line: this.rowsBefore + row + 1 };
  }

  writeCsv(row: number, field: number, out: ByteWriter): void {
    if (!this.isNull(row, field)) out.csvField(this.text(row, field));
  }

  writeJson(row: number, field: number, out: ByteWriter): void {
    const value = this.valueAt(row, field);
    const isText = typeof value === "string" || value instanceof Date || value instanceof Uint8Array;
    const isSaid = !isText && !(typeof value === "number" && !Number.isFinite(value));
    const text = this.text(row, field);
    if (value === null) out.text("null");
    else out.text(isSaid ? text : JSON.stringify(text));
  }

  private valueAt(row: number, field: number): unknown {
    const column = this.columns[field];
    if (column === null) throw dataError(this.oddNames.get(this.header[field]!)!);
    const value: unknown = column?.[this.from + row] ?? null;
    return value instanceof Date && Number.isNaN(value.getTime()) ? null : value;
  }

  /** Bytes that are no UTF-8, as a text that no other bytes have. */
  private escaped(bytes: Uint8Array, field: number): string {
    const text = Buffer.from(bytes)
      .toString("latin1")
      .replace(/[^ -[\]-~]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, "0")}`);
    const name = this.header[field]!;
    if (!this.noted.has(name)) {
      this.noted.add(name);
      this.notes.add(
        `column ${quoted(name)} holds bytes that are no UTF-8 text, as in "${text.slice(0, 40)}": taken as written so`,
      );
    }
    return text;
  }
}
